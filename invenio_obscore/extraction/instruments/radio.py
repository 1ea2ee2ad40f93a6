"""Radio interferometers: ALMA, VLA, ATCA and their kin (CASA, AIPS, Miriad); columns of ivoa.obscore_radio."""

from __future__ import annotations

from collections.abc import Iterator

from astropy import units as u

from ...fits.reading import HduReading
from ..evidence import Evidence
from ..rules import Computed, Found, Instrument, written
from ..scope import Scope

_TELESCOPES = (
    r"ALMA|E?VLA|JVLA|VLBA|ATCA|NOEMA|PDBI|IRAM.*PDB|SMA$|CARMA|BIMA|WSRT|APERTIF|GMRT|UGMRT|MEERKAT|KAT-7|ASKAP"
    r"|LOFAR|MWA|E?-?MERLIN|EVN|EHT|DRAO|MOST$|ATA$|NVSS|OVRO"
)
_KINDS = ("visibility", "spectral cube", "polarisation cube", "cube", "image")


def beam(scope: Scope) -> Iterator[Found]:
    """The restoring beam: its two axes (degrees) are the ends of the resolution."""
    major, minor = scope.number("BMAJ"), scope.number("BMIN")
    for column, value, keyword in (("s_resolution_max", major, "BMAJ"), ("s_resolution_min", minor, "BMIN")):
        if value and 0 < value < 10:
            yield Found(
                column, value * 3600, Evidence(column, "instrument", f"radio: {keyword}", scope.first.index, str(value))
            )


def channel_width(scope: Scope) -> Iterator[Found]:
    """The width of a channel of a frequency axis, in kHz."""
    header = scope.first.header
    for axis in range(1, header.integer("NAXIS") + 1):
        if str(header.get(f"CTYPE{axis}", "")).upper().startswith("FREQ"):
            step = header.number(f"CDELT{axis}") or header.number(f"CD{axis}_{axis}")
            if step:
                width = float((abs(step) * u.Hz).to_value(u.kHz))
                yield Found(
                    "f_resolution",
                    width,
                    Evidence("f_resolution", "instrument", f"radio: CDELT{axis}", scope.first.index, str(step)),
                )
            return


def antennas(scope: Scope) -> Iterator[Found]:
    """Number of antennas: rows of the AIPS AN or FITS-IDI ARRAY_GEOMETRY table."""
    table: HduReading | None = scope.named("AIPS AN", "ARRAY_GEOMETRY")
    rows = table.tables.get("rows") if table else None
    if table is not None and rows:
        yield Found(
            "instr_tel_number",
            int(rows),
            Evidence("instr_tel_number", "instrument", f"radio: rows of {table.name}", table.index),
        )


RADIO = Instrument(
    "radio",
    lambda scope: scope.kind in _KINDS and written(TELESCOP=_TELESCOPES, INSTRUME=_TELESCOPES)(scope),
    (
        Computed(("s_resolution_min", "s_resolution_max"), beam),
        Computed(("f_resolution",), channel_width),
        Computed(("instr_tel_number",), antennas),
    ),
)
