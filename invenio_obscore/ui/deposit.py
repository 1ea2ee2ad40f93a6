"""What the deposit form's panel needs to know of ObsCore: its columns, from the one column table."""

from __future__ import annotations

from typing import Any

from invenio_i18n import gettext as _

from ..obscore.columns import ALL_COLUMNS, OBSCORE, Column
from ..obscore.vocabularies import CALIB_LEVELS, DATAPRODUCT_TYPES, PRODUCT_SUBTYPES

_TERMS: dict[str, tuple[str, ...]] = {
    "dataproduct_type": DATAPRODUCT_TYPES,
    "dataproduct_subtype": tuple(PRODUCT_SUBTYPES),
    "calib_level": tuple(map(str, CALIB_LEVELS)),
}


def panel_columns() -> list[dict[str, Any]]:
    """Every column as the panel shows it: ObsCore's own first, then those of the extensions."""
    names = [*OBSCORE, *(name for name in ALL_COLUMNS if name not in OBSCORE)]
    return [_described(ALL_COLUMNS[name]) for name in names]


def _described(column: Column) -> dict[str, Any]:
    terms = {"terms": _TERMS[column.name]} if column.name in _TERMS else {}
    return {
        "name": column.name,
        "group": column.group,
        "unit": column.unit,
        "description": _(column.description),
        "system": column.system,
        "mandatory": column.mandatory,
        **terms,
    }
