"""The small fields ``obscore:*`` that records carry for search, facets and other metadata formats.

They are derived from rows that stand in ``ivoa.obscore`` and from nothing else; what a user writes into them is
discarded. (Two tell that a record was withdrawn: :mod:`.withdrawal`.) Every output of InvenioRDM (REST, exporters,
OAI-PMH, DataCite) that tells of data products reads them here, so that all tell the same and none tells more than is
public.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app
from invenio_i18n import lazy_gettext as _
from invenio_records_resources.services.custom_fields import BaseCF, DoubleCF, IntegerCF, KeywordCF
from invenio_records_resources.services.records.facets import CFTermsFacet

from ..registry import words
from ..registry.wavebands import wavebands

NAMESPACE = "obscore"
NAMESPACE_URI = "http://www.ivoa.net/rdf/obscore#"

#: Longer texts are no names, and the search's index takes no text that is much longer.
_LONGEST = 600

Row = Mapping[str, Any]
Summary = Callable[[Sequence[Row], int], Any]


def _values(column: str) -> Summary:
    """The different values of a column, sorted, at most as many as asked for."""

    def summary(rows: Sequence[Row], most: int) -> list[str]:
        found = {str(row[column]) for row in rows if row.get(column) is not None}
        return sorted(value for value in found if len(value) <= _LONGEST)[:most]

    return summary


def _extreme(column: str, choose: Callable[[Iterable[float]], float]) -> Summary:
    def summary(rows: Sequence[Row], most: int) -> float | None:
        found = [float(row[column]) for row in rows if row.get(column) is not None]
        return choose(found) if found else None

    return summary


def _bands(rows: Sequence[Row], most: int) -> list[str]:
    return sorted({band for row in rows for band in wavebands(row.get("em_min"), row.get("em_max"))})


def _count(rows: Sequence[Row], most: int) -> int | None:
    return len(rows) or None


def _total_size(rows: Sequence[Row], most: int) -> float | None:
    """Kilobytes of the files that the rows stand for, each file once."""
    sizes = {row["access_url"]: float(row["access_estsize"]) for row in rows if row.get("access_estsize") is not None}
    return sum(sizes.values()) if sizes else None


def _position(rows: Sequence[Row], most: int) -> str | None:
    return words.position(rows) or None


def _release(rows: Sequence[Row], most: int) -> str | None:
    """The day on which the last of the products is free to all."""
    return max((str(row["obs_release_date"])[:10] for row in rows if row.get("obs_release_date")), default=None)


def _not_of_rows(rows: Sequence[Row], most: int) -> None:
    """A record that has rows was not withdrawn."""


@dataclass(frozen=True)
class RecordField:
    """One field: what search holds, how it is made from rows, and the facet's label if it has one."""

    name: str
    kind: Callable[..., BaseCF]
    summary: Summary
    facet: Any = None
    multiple: bool = False

    @property
    def full_name(self) -> str:
        """With the namespace, as records have it."""
        return f"{NAMESPACE}:{self.name}"

    def custom_field(self) -> BaseCF:
        """The declaration that InvenioRDM wants."""
        return self.kind(self.full_name, multiple=True) if self.multiple else self.kind(self.full_name)


FIELDS: tuple[RecordField, ...] = (
    RecordField("product_type", KeywordCF, _values("dataproduct_type"), _("Data product type"), multiple=True),
    RecordField("facility", KeywordCF, _values("facility_name"), _("Facility"), multiple=True),
    RecordField("instrument", KeywordCF, _values("instrument_name"), _("Instrument"), multiple=True),
    RecordField("band", KeywordCF, _bands, _("Spectral band"), multiple=True),
    RecordField("target", KeywordCF, _values("target_name"), _("Target"), multiple=True),
    RecordField("collection", KeywordCF, _values("obs_collection"), _("Data collection"), multiple=True),
    RecordField("format", KeywordCF, _values("access_format"), multiple=True),
    RecordField("did", KeywordCF, _values("obs_publisher_did"), multiple=True),
    RecordField("bibliography", KeywordCF, _values("bib_reference"), multiple=True),
    RecordField("position", KeywordCF, _position),
    RecordField("release", KeywordCF, _release),
    RecordField("size", DoubleCF, _total_size),
    RecordField("products", IntegerCF, _count),
    RecordField("t_min", DoubleCF, _extreme("t_min", min)),
    RecordField("t_max", DoubleCF, _extreme("t_max", max)),
    RecordField("em_min", DoubleCF, _extreme("em_min", min)),
    RecordField("em_max", DoubleCF, _extreme("em_max", max)),
    RecordField("withdrawn", KeywordCF, _not_of_rows),
    RecordField("withdrawn_sets", KeywordCF, _not_of_rows, multiple=True),
)


def configure(app: Flask) -> None:
    """Declare the fields and facets beside those that the operator has.

    Invenio reads these settings when a request needs them, so the order of extensions does not matter.
    """
    if not app.config["OBSCORE_CUSTOM_FIELDS"]:
        return
    from invenio_rdm_records import config as defaults

    declared = list(app.config.get("RDM_CUSTOM_FIELDS") or [])
    names = {field.name for field in declared}
    app.config["RDM_CUSTOM_FIELDS"] = declared + [f.custom_field() for f in FIELDS if f.full_name not in names]
    app.config["RDM_NAMESPACES"] = {NAMESPACE: NAMESPACE_URI, **(app.config.get("RDM_NAMESPACES") or {})}
    app.config["RDM_FACETS"] = {**_facets(), **(app.config.get("RDM_FACETS") or defaults.RDM_FACETS)}
    search = dict(app.config.get("RDM_SEARCH") or defaults.RDM_SEARCH)
    offered = list(search.get("facets", []))
    search["facets"] = offered + [name for name in app.config["OBSCORE_FACETS"] if name not in offered]
    app.config["RDM_SEARCH"] = search


def _facets() -> dict[str, Any]:
    return {
        f"{NAMESPACE}_{field.name}": {
            "facet": CFTermsFacet(field=field.full_name, label=field.facet),
            "ui": {"field": CFTermsFacet.field(field.full_name)},
        }
        for field in FIELDS
        if field.facet is not None
    }


def summarise(rows: Sequence[Row]) -> dict[str, Any]:
    """The fields of a record whose public rows these are; fields without a value are left out."""
    if not current_app.config["OBSCORE_CUSTOM_FIELDS"]:
        return {}
    most = current_app.config["OBSCORE_CUSTOM_FIELD_VALUES"]
    made = {field.full_name: field.summary(rows, most) for field in FIELDS}
    return {name: value for name, value in made.items() if value not in (None, [])}


def of_tombstone(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Those of our fields that OAI-PMH's sets select by: harvesters of a set learn of deletions in it."""
    kept = (f"{NAMESPACE}:{name}" for name in ("product_type", "collection"))
    return {name: fields[name] for name in kept if name in fields}


def strip(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The custom fields without ours."""
    return {name: value for name, value in fields.items() if not name.startswith(f"{NAMESPACE}:")}


def value_of(record: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401
    """One of our fields in a record or in any serialised form of it; None where it is not there."""
    return (record.get("custom_fields") or {}).get(f"{NAMESPACE}:{name}")


def facts_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """All of our fields that a record has, without the namespace."""
    prefix = f"{NAMESPACE}:"
    present = (record.get("custom_fields") or {}).items()
    return {name.removeprefix(prefix): value for name, value in present if name.startswith(prefix)}
