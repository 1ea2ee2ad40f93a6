"""The program of the reader process (`fits.child`): reads headers and makes products, under limits, for its parent."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import Any

from . import mapping, pipeline
from .fits.limits import Limits
from .fits.parts import ArchiveParts, Part, first_part
from .fits.reading import Reading
from .fits.serving import remote_file, serve
from .fits.wire import Parent, frame

#: The archive whose parts are being asked for, by the name that the parent gave the task.
_archives: dict[str, ArchiveParts] = {}


def _read(parent: Parent, request: dict[str, Any], limits: Limits) -> bytes:
    file = remote_file(parent, request["size"])
    return pipeline.read(file, name=request["name"], size=request["size"], limits=limits).to_bytes()


def _part(parent: Parent, request: dict[str, Any], limits: Limits) -> bytes:
    """A file that is no archive, or the next part of one: ``fits.archive_child`` asks for it."""
    session = request["session"]
    archive = _archives.pop(session, None)
    if archive is None or archive.done > request["from"]:
        opener = partial(remote_file, parent, request["size"])
        found = first_part(opener, request["name"], request["size"], limits)
        if isinstance(found, Part):
            return frame({"archive": False}, found.reading.to_bytes())
        archive = found
    part = archive.take(request["from"], request["count"])
    _archives.clear()
    _archives[session] = archive
    header = {
        "archive": True,
        "members": [member.member for member in part.reading.members],
        "done": part.done,
        "total": part.total,
        "more": part.more,
        "following": part.following,
    }
    return frame(header, part.reading.to_bytes())


def _selected(payload: bytes, request: dict[str, Any]) -> tuple[Reading, int]:
    """The reading with the members that were asked for, and how many it has in all."""
    reading = Reading.from_bytes(payload)
    reading.name = request["name"] or reading.name
    members = len(reading.members)
    reading.members = reading.members[request["from"] : request["from"] + request["count"]]
    return reading, members


def _described(reading: Reading, text: str) -> list[dict[str, Any]]:
    parsed = mapping.safe_for_web(mapping.parse(text, functions=mapping.installed())) if text.strip() else None
    return [product.to_dict() for product in pipeline.products(reading, mapping=parsed)]


def _products(payload: bytes, request: dict[str, Any]) -> bytes:
    reading, members = _selected(payload, request)
    found = _described(reading, request["mapping"])
    return json.dumps({"products": found, "members": members}).encode("ascii")


def _extract(payload: bytes, request: dict[str, Any]) -> bytes:
    """Products with the sizes of their files, and the members that gave none."""
    reading, members = _selected(payload, request)
    sizes = {part.member: part.size for part in (reading, *reading.members)}
    found = [{**product, "size": sizes.get(product["member"])} for product in _described(reading, request["mapping"])]
    unread = [
        {"member": part.member, "size": part.size, "problems": [problem.to_dict() for problem in part.problems]}
        for part in reading.members
        if not part.hdus
    ]
    return json.dumps({"products": found, "unread": unread, "members": members}).encode("ascii")


def _answer(parent: Parent, request: dict[str, Any], payload: bytes, limits: Limits) -> bytes:
    match request["do"]:
        case "read":
            return _read(parent, request, limits)
        case "part":
            return _part(parent, request, limits)
        case "extract":
            return _extract(payload, request)
        case _:
            return _products(payload, request)


def main(arguments: list[str]) -> None:
    """Serve requests on standard input until it ends."""
    serve(arguments, _answer)


if __name__ == "__main__":
    main(sys.argv[1:])
