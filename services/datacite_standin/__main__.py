"""``python -m services.datacite_standin --port 25080 --store dois.sqlite``; the password comes from the environment."""

from __future__ import annotations

import argparse
import os
import sys

from services.datacite_standin.registry import Registry
from services.datacite_standin.server import Server


def main() -> int:
    """Serve until told to end."""
    parser = argparse.ArgumentParser(prog="datacite_standin", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=25080)
    parser.add_argument("--store", default=":memory:", help="SQLite file that keeps the DOIs")
    parser.add_argument("--prefix", default="10.5072")
    parser.add_argument("--username", default="DEMO.OBSCORE")
    arguments = parser.parse_args()
    password = os.environ.get("DATACITE_STANDIN_PASSWORD")
    if not password:
        parser.error("DATACITE_STANDIN_PASSWORD is not set")
    registry = Registry(arguments.store, arguments.prefix)
    with Server((arguments.host, arguments.port), registry, arguments.username, password) as server:
        print(f"DataCite stand-in on {arguments.host}:{arguments.port}, prefix {arguments.prefix}", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
