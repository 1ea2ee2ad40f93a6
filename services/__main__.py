"""``python3 -m services start|stop|status|env|pgsphere|instance``: what runs behind the demo instance and the tests."""

from __future__ import annotations

import argparse
import sys

from services import environment, instance, postgresql, stack
from services.layout import ServiceError


def show(message: str) -> None:
    """Print a line of progress."""
    print(f"  {message}", flush=True)


def _start(_: argparse.Namespace) -> int:
    environment.write(stack.start(show))
    show(f"addresses: {environment.file_for('demo')} and {environment.file_for('tests')}")
    return 0


def _stop(_: argparse.Namespace) -> int:
    stack.stop(show)
    return 0


def _status(_: argparse.Namespace) -> int:
    answers = stack.status()
    for name, fine in answers.items():
        show(f"{name}: {'answers' if fine else 'does not answer'}")
    return 0 if all(answers.values()) else 1


def _env(arguments: argparse.Namespace) -> int:
    print(environment.file_for(arguments.purpose).read_text(), end="")
    return 0


def _pgsphere(_: argparse.Namespace) -> int:
    postgresql.mend_pgsphere()
    return 0


def _instance(arguments: argparse.Namespace) -> int:
    actions = {"start": instance.start, "stop": instance.stop, "reload": instance.reload, "setup": instance.make}
    result = actions[arguments.what](instance.Site(arguments.purpose))
    if result:
        show(str(result))
    return 0


def main() -> int:
    """Run one command; 0 when it worked."""
    parser = argparse.ArgumentParser(prog="python3 -m services", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, action, text in (
        ("start", _start, "start or find PostgreSQL, OpenSearch, Redis and the broker; make the databases"),
        ("stop", _stop, "stop what start started"),
        ("status", _status, "tell which of them answer"),
        ("env", _env, "print the addresses, to be sourced by a shell"),
        ("pgsphere", _pgsphere, "write pgSphere's mended script into PostgreSQL's extension folder (as root)"),
    ):
        command = commands.add_parser(name, help=text)
        command.set_defaults(action=action)
        if name == "env":
            command.add_argument("--for", dest="purpose", choices=tuple(environment.DATABASES), default="demo")
    command = commands.add_parser("instance", help="the InvenioRDM instance: web, worker and scheduler")
    command.add_argument("what", choices=("setup", "start", "stop", "reload"))
    command.add_argument("--for", dest="purpose", choices=("demo", "browser"), default="demo")
    command.set_defaults(action=_instance)
    arguments = parser.parse_args()
    try:
        return int(arguments.action(arguments))
    except ServiceError as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
