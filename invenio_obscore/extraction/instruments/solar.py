"""The Sun: SDO, SOHO, STEREO, Solar Orbiter, PROBA2, Hinode, GOES. A helioprojective position is none in ICRS."""

from __future__ import annotations

from collections.abc import Iterator

from astropy import units as u

from ...fits.values import parse_date
from ...fits.wcs import is_solar
from ..evidence import Evidence
from ..rules import Computed, Constant, Found, Instrument, Keyword, written
from ..scope import Scope
from ..times import calendar

_ANGSTROM = ("EIT", "AIA", "EUVI", "SWAP", "EUI", "SUVI", "TRACE", "XRT", "FSI", "HRI", "SECCHI")


def wavelength(scope: Scope) -> Iterator[Found]:
    """WAVELNTH of imagers whose documentation has it in ångströms, where the header gives no unit."""
    instrument = scope.text("INSTRUME").upper()
    hit = scope.find("WAVELNTH")
    number = hit.hdu.header.number("WAVELNTH") if hit else None
    if hit is None or number is None or not 0 < number < 20000 or scope.text("WAVEUNIT"):
        return
    if any(name in instrument for name in _ANGSTROM):
        for column in ("em_min", "em_max"):
            yield Found(
                column,
                float((number * u.AA).to_value(u.m)),
                hit.evidence(column, "instrument", "solar imagers, in ångströms: "),
            )


def begin_of_day(scope: Scope) -> Iterator[Found]:
    """GOES XRS: begin and end stand in the primary header; the zero of its times has been written in several ways."""
    for column, names in (("t_min", ("DATE-OBS", "TIME-OBS")), ("t_max", ("DATE-END", "TIME-END"))):
        header = scope.primary.header
        parsed = parse_date(f"{header.get(names[0], '')} {header.get(names[1], '')}".strip())
        if parsed:
            raw = f"{header.get(names[0])} {header.get(names[1])}"
            yield Found(column, parsed[0], Evidence(column, "instrument", f"GOES XRS: {names[0]}, {names[1]}", 0, raw))


GOES_XRS = Instrument(
    "GOES XRS",
    lambda scope: written(TELESCOP="GOES")(scope) and written(INSTRUME="X-RAY|XRS")(scope),
    (
        Computed(("t_min", "t_max"), begin_of_day),
        Constant("em_min", 5e-11, "the two channels, 0.5 to 8 ångströms"),
        Constant("em_max", 8e-10, "the two channels, 0.5 to 8 ångströms"),
        Constant("o_ucd", "phot.flux", "irradiance"),
    ),
)
HMI = Instrument(
    "SDO HMI",
    written(INSTRUME="HMI"),
    (
        Keyword("t_min", ("DATE-OBS", "DATE_OBS", "T_OBS", "T_REC"), convert=calendar),
        Constant("em_min", 6.173e-7, "Fe I 6173 ångströms"),
        Constant("em_max", 6.174e-7, "Fe I 6173 ångströms"),
    ),
)
MDI = Instrument(
    "SOHO MDI",
    written(INSTRUME="MDI"),
    (Constant("em_min", 6.7677e-7, "Ni I 6768 ångströms"), Constant("em_max", 6.7678e-7, "Ni I 6768 ångströms")),
)
SOLAR = Instrument(
    "solar imagers",
    lambda scope: (
        is_solar(scope.first.header)
        or written(TELESCOP="SDO|SOHO|STEREO|SOLO|PROBA2|HINODE|TRACE|RHESSI|GOES|IRIS")(scope)
    ),
    (
        Computed(("em_min", "em_max"), wavelength),
        Keyword("t_min", ("DATE-BEG", "DATE-OBS", "DATE_OBS", "T_OBS"), convert=calendar),
        Keyword("target_name", ("OBJECT",)),
        Keyword("facility_name", ("OBSRVTRY",)),
    ),
)
