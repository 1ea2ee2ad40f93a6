"""The SVO Filter Profile Service: the band of a filter, from how a header names it."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from astropy import units as u
from astropy.io.votable import parse
from astropy.io.votable.tree import TableElement, VOTableFile

from ..errors import ServiceError
from .filters import (
    Filter,
    Match,
    Named,
    among,
    by_itself,
    facility_of,
    facility_of_camera,
    guess,
    is_filter,
    placed,
    the_one,
)
from .service import Service
from .settings import Settings


class FilterProfiles:
    """Looks filters up, with a cache: a facility's list once, a single identifier where the name says it."""

    def __init__(self, settings: Settings) -> None:
        self._service = Service("SVO", settings.svo_url, settings)

    @property
    def failures(self) -> list[str]:
        """Why the service does not answer, if it doesn't."""
        return [self._service.down] if self._service.down else []

    def resolve(self, text: str, facility: str = "", instrument: str = "") -> list[Match]:
        """What a filter's name may mean, the surest first; empty where nothing is known.

        Parameters
        ----------
        text, facility, instrument
            As the header has them.
        """
        if not is_filter(text):
            return []
        try:
            return self._resolve(text, facility, instrument)
        except ServiceError:
            return []  # recorded in failures

    def _resolve(self, text: str, facility: str, instrument: str) -> list[Match]:
        text = the_one(text)
        named = by_itself(text)
        if named and named.confidence >= 0.9 and (match := self._named(named)):
            return [match]
        inside = placed(text)
        known = inside.facility or facility_of(facility) or facility_of(instrument) or facility_of_camera(instrument)
        found = among(inside.text, inside.camera or instrument, self._of_facility(known)) if known else []
        for further in (named, guess(text)):
            if further and not any(m.confidence > further.confidence for m in found):
                match = self._named(further)
                found += [match] if match else []
        return sorted(found, key=lambda m: -m.confidence)

    def _named(self, named: Named) -> Match | None:
        known, answer = self._service.known(f"ID={named.filter_id}")
        if not known:
            found = [f for f in self._fetch({"ID": named.filter_id}) if f.filter_id == named.filter_id]
            answer = asdict(found[0]) if found else None
            self._service.keep(f"ID={named.filter_id}", answer)
        return Match(Filter(**answer), named.confidence, named.why) if answer else None

    def _of_facility(self, facility: str) -> list[Filter]:
        known, answer = self._service.known(f"Facility={facility}")
        if not known:
            answer = [asdict(f) for f in self._fetch({"Facility": facility})] or None
            self._service.keep(f"Facility={facility}", answer)
        return [Filter(**entry) for entry in answer or []]

    def _fetch(self, parameters: dict[str, str]) -> list[Filter]:
        body = self._service.get(parameters=parameters)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the service's VOTables are not quite the standard's
                votable = parse(io.BytesIO(body), verify="ignore")
                return list(_filters(votable))
        except (ValueError, TypeError, IndexError, KeyError, OSError, AttributeError) as error:
            raise self._service.failed(f"an answer that is no VOTable: {error}") from error


def _filters(votable: VOTableFile) -> Iterable[Filter]:
    """The filters of a list (rows), or the one that a transmission curve is about (PARAMs)."""
    for table in votable.iter_tables():
        names = {field.name for field in table.fields}
        if "filterID" in names:
            rows = table.to_table(use_names_over_ids=True)
            entries = [dict(zip(rows.colnames, row)) for row in rows.iterrows()]
        else:
            entries = [_params(table)]
        yield from (item for entry in entries if (item := _filter(entry)))


def _params(table: TableElement) -> dict[str, Any]:
    return {param.name: param.value for param in table.params}


def _filter(entry: dict[str, Any]) -> Filter | None:
    try:
        scale = u.Unit(str(entry.get("WavelengthUnit") or "Angstrom")).to(u.m)
        low, high = float(entry["WavelengthMin"]) * scale, float(entry["WavelengthMax"]) * scale
    except (KeyError, ValueError, TypeError, u.UnitConversionError):
        return None
    if not (math.isfinite(low) and math.isfinite(high) and 0 < low < high):
        return None
    text = {key: str(entry.get(key) or "").strip() for key in ("filterID", "Instrument", "Band")}
    return Filter(text["filterID"], text["Instrument"], text["Band"], float(f"{low:.12g}"), float(f"{high:.12g}"))
