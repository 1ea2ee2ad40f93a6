"""Names of objects: Simbad's TAP service for all of them at once, Sesame for those that it does not know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pyvo
import requests
from astropy.table import Table

from ..errors import ServiceError
from .service import Service
from .settings import Settings

# What stands in OBJECT when no object was observed.
_NO_OBJECT = re.compile(
    r"(?i)[-\d.\s]*|\W*(bias|dark|flat|dome|lamp|arc|sky|twilight|comp|test|focus|zero|calib\w*|std|standard|none|"
    r"unknown|object|target|data|field|blank|n/?a|untitled|wave|ccd|image|science|acq\w*)(\W.*)?"
)
# Simbad compares identifiers whatever their capitals and blanks.
_QUERY = """
SELECT asked.spelled, basic.main_id, basic.ra, basic.dec, basic.otype
FROM TAP_UPLOAD.asked AS asked
JOIN ident ON ident.id = asked.spelled
JOIN basic ON basic.oid = ident.oidref
"""
_MOST_BY_SESAME = 50


@dataclass(frozen=True)
class Object:
    """An object that a name stands for.

    Attributes
    ----------
    main_id
        Its main identifier.
    ra, dec
        ICRS in degrees.
    otype
        Its class, as Simbad calls it; may be empty.
    confidence
        How sure it is that the name means this object.
    source
        Which service or catalogue said so.
    """

    main_id: str
    ra: float
    dec: float
    otype: str
    confidence: float
    source: str


def is_name(text: str | None) -> bool:
    """Whether a text can be an object's name (``BIAS``, ``twilight flat`` and ``12`` cannot)."""
    return bool(text) and len(str(text)) <= 100 and not _NO_OBJECT.fullmatch(str(text))


def spelling(name: str) -> str:
    """The name as it is asked: one blank between words, none at the ends, no underscores."""
    return " ".join(name.replace("_", " ").split())


class Simbad:
    """Resolves names, in batches, with a cache."""

    def __init__(self, settings: Settings) -> None:
        self._simbad = Service("Simbad", settings.simbad_url, settings)
        self._sesame = Service("Sesame", settings.sesame_url, settings)
        self._batch = settings.batch

    @property
    def failures(self) -> list[str]:
        """What did not answer, and why."""
        return [service.down for service in (self._simbad, self._sesame) if service.down]

    def resolve(self, names: Iterable[str]) -> dict[str, Object]:
        """The objects of those names that are known; a service that does not answer is in :attr:`failures`."""
        asked = {spelling(name): name for name in names if is_name(name)}
        found: dict[str, Object] = {}
        left = list(self._from_cache(asked, found))
        try:
            left = self._ask_simbad(left, found)
        except ServiceError:
            # Recorded in failures. Sesame asks the same database: it is no way around a Simbad that is down.
            left = []
        self._ask_sesame(left[:_MOST_BY_SESAME], found)
        return {original: found[name] for name, original in asked.items() if name in found} | {
            name: found[spelling(name)] for name in names if spelling(name) in found
        }

    def _from_cache(self, names: Iterable[str], found: dict[str, Object]) -> Iterator[str]:
        """Put what is cached into ``found``; the other names come back."""
        for name in names:
            known, answer = self._simbad.known(name.upper())
            if not known:
                yield name
            elif answer:
                found[name] = Object(**answer)

    def _ask_simbad(self, names: list[str], found: dict[str, Object]) -> list[str]:
        unknown = []
        for start in range(0, len(names), self._batch):
            batch = names[start : start + self._batch]
            answers = self._query(batch)
            for name in batch:
                if name in answers:
                    found[name] = answers[name]
                    self._simbad.keep(name.upper(), asdict(answers[name]))
                else:
                    unknown.append(name)
        return unknown

    def _query(self, names: list[str]) -> dict[str, Object]:
        """One batch; a name of several objects is left out."""
        self._simbad.wait()
        service = pyvo.dal.TAPService(self._simbad.url, session=self._simbad.session)
        try:
            table = service.run_sync(_QUERY, uploads={"asked": Table({"spelled": names})}).to_table()
            rows = [dict(zip(table.colnames, row)) for row in table.iterrows()]
            spelled = [str(name) for name in table["spelled"]]
        except (pyvo.DALAccessError, requests.RequestException, ValueError, KeyError) as error:
            raise self._simbad.failed(error) from error
        answers: dict[str, Object] = {}
        for name, row in zip(spelled, rows):
            item = _object(row)
            if item and answers.get(name, item) == item:
                answers[name] = item
        return answers

    def _ask_sesame(self, names: list[str], found: dict[str, Object]) -> None:
        for name in names:
            try:
                body = self._sesame.get("/-oxp/SNV", query=quote(name))
                item = _from_sesame(body)
            except ServiceError:
                return
            except ElementTree.ParseError as error:
                self._sesame.failed(f"no XML: {error}")
                return
            self._simbad.keep(name.upper(), asdict(item) if item else None)
            if item:
                found[name] = item


def _object(row: dict[str, Any]) -> Object | None:
    """A row of Simbad's answer; None without a position."""
    try:
        ra, dec = float(row["ra"]), float(row["dec"])
    except (TypeError, ValueError, KeyError):
        return None
    if not (0 <= ra <= 360 and -90 <= dec <= 90):
        return None
    otype = row.get("otype")
    main_id = " ".join(str(row.get("main_id", "")).split())
    return Object(main_id, ra, dec, otype if isinstance(otype, str) else "", 0.95, "Simbad")


def _from_sesame(body: bytes) -> Object | None:
    """The first resolver of an answer that gives a position."""
    if b"<!DOCTYPE" in body[:1000].upper() or b"<!ENTITY" in body.upper():
        raise ElementTree.ParseError("a document type in Sesame's answer")
    root = ElementTree.fromstring(body)
    for resolver in root.iter("Resolver"):
        item = _object({"ra": resolver.findtext("jradeg"), "dec": resolver.findtext("jdedeg")})
        if item:
            source = resolver.get("name", "").partition("=")[2].partition(" ")[0]
            is_simbad = source == "Simbad"
            return Object(
                " ".join(resolver.findtext("oname", "").split()),
                item.ra,
                item.dec,
                resolver.findtext("otype", "").strip() if is_simbad else "",
                0.9 if is_simbad else 0.8,
                f"Sesame ({source})",
            )
    return None
