"""Sloan Digital Sky Survey: spectra (spSpec, spec, spec-lite, apStar) and imaging frames (fpC, frame)."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..position import keyword_position
from ..rules import Computed, Found, Instrument, Keyword, written
from ..scope import Hit, Scope


def fibre_position(scope: Scope) -> Iterator[Found]:
    """The fibre's target; RA and DEC of a plate's header are the telescope's."""
    if scope.kind in ("spectrum", "measurements"):
        yield from keyword_position(
            scope, (("PLUG_RA", "PLUG_DEC"), ("RAOBJ", "DECOBJ"), ("RADEG", "DECDEG"), ("RA", "DEC"))
        )


def atomic_seconds(hit: Hit, scope: Scope) -> float | None:
    """TAI-BEG, TAI-END: seconds of TAI since MJD 0."""
    number = hit.hdu.header.number(hit.keyword)
    return number / 86400 - 35 / 86400 if number is not None and 4e9 < number < 6e9 else None


def spectrograph(scope: Scope) -> Iterator[Found]:
    """Spectra of the SDSS have a resolving power about 2000."""
    if scope.kind == "spectrum" and scope.has("PLATEID", "PLATE"):
        yield Found(
            "em_res_power", 2000.0, Evidence("em_res_power", "instrument", "SDSS: spectrographs' nominal value")
        )


SDSS = Instrument(
    "SDSS",
    lambda scope: written(TELESCOP=r"SDSS|2\.5M|SLOAN", ORIGIN="SDSS", SURVEY=r"SDSS|(E)?BOSS")(scope),
    (
        Computed(("s_ra", "s_dec"), fibre_position),
        Keyword("t_min", ("TAI-BEG",), convert=atomic_seconds),
        Keyword("t_max", ("TAI-END",), convert=atomic_seconds),
        Computed(("em_res_power",), spectrograph),
    ),
)
