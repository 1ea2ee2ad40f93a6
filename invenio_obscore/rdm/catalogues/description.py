"""Title, authors and abstract of a directory: from a YAML file, or from its ReadMe as the CDS has them.

"Standards for astronomical catalogues" (CDS, version 2.0), section 2: a line with designation and short title, a line
of ``=``, the title from the first column on, the authors indented, references after ``=`` or ``<``, a line of ``=``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import yaml
from flask import current_app

from ...errors import InputError
from .scan import Entry, SourceError

EXAMPLE = """title: Images of 12 nearby galaxies
creators:
  - Leavitt, Henrietta
  - name: Observatory Archive
description: Direct images in B and V, reduced.
publication_date: "2026-11-21"
"""
_REMEDY = f"write a file such as this one, and name it with --metadata:\n\n{EXAMPLE}"
_MOST_BYTES = 2**20
_RULE = re.compile(r"={20,}\s*$")
_BIBCODE = re.compile(r"=\s*(\d{4}[A-Za-z0-9&.]{15})(?=\s|$)")
#: Family name, then initials: "Leavitt H.S.", "van den Bergh S.", "GLIESE W.".
_AUTHOR = re.compile(r"(?P<family>\S.*?)\s+(?P<given>(?:[^\W\d_]{1,2}\.[\s-]?)+)$")
_SECTION = re.compile(r"(?P<name>[A-Z][A-Za-z ]+):\s*$")
_README = re.compile(r"(?i)read_?me(\.txt)?$")


def from_yaml(path: str) -> dict[str, Any]:
    """A draft as InvenioRDM takes it, from a YAML file.

    The file holds InvenioRDM's ``metadata`` (by itself, or under that name beside ``access`` and
    ``custom_fields``); a creator may be one text, ``Family, Given`` or an organisation's name under ``name``.

    Raises
    ------
    InputError
        It cannot be read, or is no YAML mapping.
    """
    try:
        with open(path, "rb") as stream:
            text = stream.read(_MOST_BYTES + 1)
        if len(text) > _MOST_BYTES:
            raise InputError(f"{path} has more than {_MOST_BYTES} bytes", remedy=_REMEDY)
        read = json.loads(json.dumps(yaml.safe_load(text), default=str))  # YAML has dates, and lists in themselves
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", remedy=_REMEDY) from error
    except (yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is no YAML: {error}", remedy=_REMEDY) from error
    if not isinstance(read, dict):
        raise InputError(f"{path}: names with their values are expected", remedy=_REMEDY)
    whole = isinstance(read.get("metadata"), dict)
    metadata = dict(read["metadata"]) if whole else read
    more = {name: value for name, value in read.items() if name != "metadata"} if whole else {}
    if unknown := more.keys() - {"access", "custom_fields"}:
        raise InputError(f"{path}: nothing is known of {', '.join(sorted(map(str, unknown)))}", remedy=_REMEDY)
    creators = metadata.get("creators")
    if isinstance(creators, list):
        metadata["creators"] = [_creator(given) for given in creators]
    return draft(metadata, **more)


def _creator(given: Any) -> Any:  # noqa: ANN401 - what is no shorthand goes to InvenioRDM as it is
    if isinstance(given, dict) and set(given) == {"name"} and isinstance(given["name"], str):
        return {"person_or_org": {"type": "organizational", "name": given["name"]}}
    if not isinstance(given, str):
        return given
    family, _, first = (part.strip() for part in given.partition(","))
    return _person(family, first)


def _person(family: str, given: str) -> dict[str, Any]:
    return {"person_or_org": {"type": "personal", "family_name": family, "given_name": given}}


def draft(metadata: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A new draft: what InvenioRDM insists on has a value, as far as one can be known."""
    known = {
        "publication_date": datetime.now(UTC).date().isoformat(),
        "publisher": str(current_app.config["THEME_SITENAME"]),
        "resource_type": {"id": "dataset"},
    }
    return {
        "access": {"record": "public", "files": "public"},
        "files": {"enabled": True},
        **more,
        "metadata": {**known, **metadata},
    }


def from_readme(entries: Iterable[Entry]) -> dict[str, Any]:
    """A draft from the directory's ReadMe.

    Raises
    ------
    InputError
        There is none, or it has no title and authors as the CDS writes them; the text has an example of a YAML file.
    """
    found = next((entry for entry in entries if _README.match(entry.name)), None)
    if found is None:
        raise InputError("The directory has no ReadMe that says title and authors", remedy=_REMEDY)
    try:
        with found.open() as stream:
            text = stream.read(_MOST_BYTES).decode("utf-8", "replace")
    except (SourceError, OSError) as error:
        raise InputError(f"{found.name}: {error}", remedy=_REMEDY) from error
    metadata = parse_readme(text)
    if not (metadata.get("title") and metadata.get("creators")):
        raise InputError(f"{found.name} does not say title and authors as the CDS writes them", remedy=_REMEDY)
    return draft(metadata)


def parse_readme(text: str) -> dict[str, Any]:
    """Title, creators, abstract and article of a ReadMe, as far as it has them."""
    lines = [line.expandtabs().rstrip() for line in text.splitlines()]
    rules = [number for number, line in enumerate(lines) if _RULE.match(line)]
    if len(rules) < 2:
        return {}
    head = lines[rules[0] + 1 : rules[1]]
    title = " ".join(line for line in head if line and not line[0].isspace())
    rest = [line.strip() for line in head if line[:1].isspace()]
    authors = " ".join(line for line in rest if not line.startswith(("=", "<", "(")))
    made: dict[str, Any] = {}
    if title:
        made["title"] = title
    if creators := [_author(name.strip()) for name in re.split(r"[,;]|\s+and\s+", authors) if name.strip()]:
        made["creators"] = creators
    if abstract := _section(lines[rules[1] + 1 :], "Abstract") or _section(lines[rules[1] + 1 :], "Description"):
        made["description"] = abstract
    if article := _BIBCODE.search("\n".join(rest)):
        related = {"identifier": article[1], "scheme": "ads", "relation_type": {"id": "issupplementto"}}
        made["related_identifiers"] = [related]
    return made


def _author(name: str) -> dict[str, Any]:
    split = _AUTHOR.match(name)
    return _person(split["family"], split["given"].strip()) if split else _person(name, "")


def _section(lines: list[str], name: str) -> str:
    """The indented text below ``Name:``."""
    found: list[str] = []
    inside = False
    for line in lines:
        heading = _SECTION.match(line)
        if heading or (line and not line[0].isspace()):
            if inside:
                break
            inside = bool(heading and heading["name"] == name)
        elif inside:
            found.append(line.strip())
    return re.sub(r"\s*\n\s*", " ", "\n".join(found)).strip()
