"""Kepler, K2 and TESS: light curves and target pixels; their one band each."""

from __future__ import annotations

from collections.abc import Iterator

from ...fits.tables import columns
from ..evidence import Evidence
from ..rules import Computed, Constant, Found, Instrument, written
from ..scope import Scope


def _band(mission: str, low: float, high: float) -> tuple[Constant, Constant]:
    note = f"band of {mission}'s photometer"
    return Constant("em_min", low, note), Constant("em_max", high, note)


def target_pixels(scope: Scope) -> Iterator[Found]:
    """A table of pictures is a cube in time; its pictures' shape stands in TDIM of the FLUX column."""
    hdu = scope.first
    for column in columns(hdu.header):
        shape = str(hdu.header.get(f"TDIM{column.number}", "")).strip("() ").split(",")
        if column.name.upper() == "FLUX" and len(shape) == 2 and all(s.strip().isdigit() for s in shape):
            values = {
                "dataproduct_type": "cube",
                "dataproduct_subtype": "time-cube",
                "s_xel1": int(shape[0]),
                "s_xel2": int(shape[1]),
                "calib_level": 2,
            }
            for name, value in values.items():
                yield Found(name, value, Evidence(name, "instrument", f"target pixels: TDIM{column.number}", hdu.index))
            return


_PIXELS = Computed(("dataproduct_type", "dataproduct_subtype", "s_xel1", "s_xel2", "calib_level"), target_pixels)

KEPLER = Instrument(
    "Kepler", written(TELESCOP="KEPLER", MISSION="K2|KEPLER"), (_PIXELS, *_band("Kepler", 4.2e-7, 9.0e-7))
)
TESS = Instrument(
    "TESS",
    written(TELESCOP="TESS", MISSION="TESS"),
    (_PIXELS, Constant("facility_name", "TESS", "TELESCOP or MISSION"), *_band("TESS", 5.82e-7, 1.114e-6)),
)
