"""The program of the reader process (`fits.child`): reads headers and makes products, under limits, for its parent."""

from __future__ import annotations

import json
import sys
from typing import Any

from . import mapping, pipeline
from .fits.limits import Limits
from .fits.reading import Reading
from .fits.serving import remote_file, serve
from .fits.wire import Parent


def _read(parent: Parent, request: dict[str, Any], limits: Limits) -> bytes:
    file = remote_file(parent, request["size"])
    return pipeline.read(file, name=request["name"], size=request["size"], limits=limits).to_bytes()


def _products(payload: bytes, request: dict[str, Any]) -> bytes:
    reading = Reading.from_bytes(payload)
    reading.name = request["name"] or reading.name
    members = len(reading.members)
    reading.members = reading.members[request["from"] : request["from"] + request["count"]]
    text = request["mapping"]
    parsed = mapping.safe_for_web(mapping.parse(text, functions=mapping.installed())) if text.strip() else None
    found = pipeline.products(reading, mapping=parsed)
    return json.dumps({"products": [product.to_dict() for product in found], "members": members}).encode("ascii")


def _answer(parent: Parent, request: dict[str, Any], payload: bytes, limits: Limits) -> bytes:
    return _read(parent, request, limits) if request["do"] == "read" else _products(payload, request)


def main(arguments: list[str]) -> None:
    """Serve requests on standard input until it ends."""
    serve(arguments, _answer)


if __name__ == "__main__":
    main(sys.argv[1:])
