"""``invenio obscore deposit``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click
from flask.cli import with_appcontext

from ...errors import InputError, ObsCoreError

#: Lines of what was left out that are shown unless a file is named for them.
_SHOWN = 50


@click.command()
@click.argument("directory", type=click.Path(exists=True, file_okay=False, resolve_path=True))
@click.option("--user", "email", required=True, help="E-mail address of the user whose draft it is to be.")
@click.option("--metadata", type=click.Path(exists=True, dir_okay=False), help="YAML file with title, creators …")
@click.option("--mapping", type=click.File(encoding="utf-8"), help="Mapping file for all files of the directory.")
@click.option("--community", default="", help="Community that the draft is made for (its name in addresses).")
@click.option("--new", is_flag=True, help="Make another draft, whatever was made of the directory before.")
@click.option("--report", type=click.File("w", encoding="utf-8"), help="File for the list of all that is left out.")
@with_appcontext
def deposit(
    directory: str, email: str, metadata: str | None, mapping: Any, community: str, new: bool, report: Any
) -> None:
    """Make a draft of all files below DIRECTORY, and print the link at which its author verifies it.

    Title and authors come from --metadata, or from the directory's ReadMe. The same command goes on after an
    interruption. Exit status 1 where files could not be deposited.
    """
    from .intake import Wishes
    from .intake import deposit as take_in

    try:
        wishes = Wishes(directory, _describe(metadata), _mapping(mapping), community, new)
        with _Bar() as bar:
            made = take_in(_identity(email), wishes, bar)
    except ObsCoreError as error:
        raise click.ClickException(str(error)) from error
    _print_left(made.left, report)
    click.echo(f"{made.stored} file(s) deposited, {made.before} were there before, {len(made.left)} left out.")
    for draft, link in zip(made.drafts, made.links, strict=True):
        click.echo(f"Verify: {link}  ({len(draft.held)} files)")
    sys.exit(1 if made.lost else 0)


class _Bar:
    """A progress bar of bytes."""

    def __init__(self) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=0, unit="B", unit_scale=True, unit_divisor=1024, desc="looking", leave=False)

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def begin(self, total: int, done: int) -> None:
        """So many bytes in all, of which so many were there before."""
        self._bar.set_description("depositing")
        self._bar.reset(total)
        self._bar.update(done)

    def advance(self, count: int) -> None:
        """So many more."""
        self._bar.update(count)


def _describe(metadata: str | None) -> Any:  # noqa: ANN401 - a function of entries
    from . import description

    if metadata is None:
        return description.from_readme
    document = description.from_yaml(metadata)  # now: a mistake in it is found before anything is made
    return lambda entries: document


def _mapping(file: Any) -> str:  # noqa: ANN401 - a text file
    """The mapping's text, once it is right.

    Raises
    ------
    InputError
        It is wrong; each mistake with line and column.
    """
    from ... import mapping as mapping_language

    if file is None:
        return ""
    try:
        text = str(file.read())
    except UnicodeDecodeError as error:
        raise InputError(f"{file.name} is no UTF-8 text") from error
    mistakes = mapping_language.check(text, functions=mapping_language.installed(), web=True)
    if mistakes:
        raise InputError("\n".join([f"{file.name} is wrong:", *(f"  {mistake}" for mistake in mistakes)]))
    return text


def _identity(email: str) -> Any:  # noqa: ANN401 - an identity
    from flask import current_app
    from flask_principal import Identity
    from invenio_access.permissions import any_user, authenticated_user
    from invenio_access.utils import get_identity
    from invenio_accounts.proxies import current_datastore
    from invenio_communities.utils import load_community_needs

    user = current_datastore.get_user_by_email(email)
    if user is None or not user.active:
        raise InputError(f"There is no active user {email!r}", remedy="--user names who is to have the draft")
    identity: Identity = get_identity(user)
    identity.provides |= {any_user, authenticated_user}
    with current_app.test_request_context():  # it looks into the session, and a command has none
        load_community_needs(identity)
    return identity


def _print_left(left: Sequence[Any], report: Any) -> None:  # noqa: ANN401 - entries of scan.Left, a text file
    for each in left:
        if report is not None:
            report.write(f"{each.name}: {each.reason}\n")
    for each in left[:_SHOWN] if report is None else ():
        click.echo(f"{each.name}: {each.reason}", err=True)
    if report is None and len(left) > _SHOWN:
        click.echo(f"… and {len(left) - _SHOWN} more: --report FILE writes them all", err=True)
