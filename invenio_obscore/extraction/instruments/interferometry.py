"""Interferometers' exchange formats: FITS-IDI (AIPS memo 114) and OIFITS (Pauls et al. 2005; Duvert et al. 2017)."""

from __future__ import annotations

from collections.abc import Iterator

from ...fits.spectral import from_values
from ...fits.values import parse_date
from ...obscore.vocabularies import pol_states_text
from ..evidence import Evidence
from ..generic import STOKES
from ..rules import Computed, Constant, Found, Instrument, Keyword
from ..scope import Scope
from ..spectra import found as spectral_found


def idi_channels(scope: Scope) -> Iterator[Found]:
    """Frequencies of FITS-IDI: REF_FREQ at REF_PIXL, CHAN_BW wide, NO_CHAN of them in each of NO_BAND bands."""
    header = scope.first.header
    reference, width, count = header.number("REF_FREQ"), header.number("CHAN_BW"), header.integer("NO_CHAN")
    if not reference or not width or count < 1:
        return
    count *= max(1, header.integer("NO_BAND", 1))
    begin = reference + (0.5 - (header.number("REF_PIXL") or 1.0)) * width
    low, high = sorted((begin, begin + count * width))
    result = from_values(low, high, "Hz", count=count, how="REF_FREQ, CHAN_BW, NO_CHAN, NO_BAND") if low > 0 else None
    if result is not None:
        yield from spectral_found(result, scope.first.index, "instrument")


def idi_stokes(scope: Scope) -> Iterator[Found]:
    """Correlations of FITS-IDI: STK_1 and the NO_STKD - 1 codes that follow."""
    header = scope.first.header
    first, count = header.integer("STK_1"), header.integer("NO_STKD")
    step = -1 if first < 0 else 1
    states = [STOKES.get(first + step * n, "") for n in range(min(count, 12))] if first else []
    text = pol_states_text(states)
    if text:
        for column, value in (("pol_states", text), ("pol_xel", text.count("/") - 1)):
            yield Found(column, value, Evidence(column, "instrument", "FITS-IDI: STK_1, NO_STKD", scope.first.index))


def idi_date(scope: Scope) -> Iterator[Found]:
    """RDATE: the reference date of the times of FITS-IDI."""
    hit = scope.find("RDATE", "DATE-OBS")
    parsed = parse_date(str(hit.value)) if hit else None
    if hit is not None and parsed:
        yield Found("t_min", parsed[0], hit.evidence("t_min", "instrument", "FITS-IDI: "))


def oi_wavelengths(scope: Scope) -> Iterator[Found]:
    """EFF_WAVE (metres) of OI_WAVELENGTH."""
    hdu = scope.named("OI_WAVELENGTH")
    values = hdu.tables.get("range", {}).get("EFF_WAVE") if hdu else None
    if hdu is not None and values and values[0] > 0:
        count = int(hdu.tables.get("rows", 0))
        result = from_values(values[0], values[1], "m", count=count, how="EFF_WAVE of OI_WAVELENGTH")
        if result is not None:
            yield from spectral_found(result, hdu.index, "instrument")


def oi_target(scope: Scope) -> Iterator[Found]:
    """The first target of OI_TARGET."""
    hdu = scope.named("OI_TARGET")
    if hdu is None:
        return
    row = hdu.tables.get("first", {})
    for column, name in (("target_name", "TARGET"), ("s_ra", "RAEP0"), ("s_dec", "DECEP0")):
        if row.get(name) is not None:
            evidence = Evidence(column, "instrument", f"OIFITS: {name}, first row", hdu.index, str(row[name]))
            yield Found(column, row[name], evidence)


def oi_times(scope: Scope) -> Iterator[Found]:
    """MJD (UTC) of the first and last row."""
    spans = [span for hdu in scope.main if (span := hdu.tables.get("range", {}).get("MJD"))]
    spans = [span for span in spans if all(_FIRST_FRINGES < mjd < _LAST for mjd in span)]
    if spans:
        values = {"t_min": min(span[0] for span in spans), "t_max": max(span[1] for span in spans)}
        for column, value in values.items():
            yield Found(column, value, Evidence(column, "instrument", "OIFITS: column MJD", scope.first.index))


#: Long-baseline fringes in the optical are as old as 1974; what lies outside is no time.
_FIRST_FRINGES, _LAST = 42_000.0, 90_000.0
_SPECTRAL = ("em_min", "em_max", "em_xel", "em_ucd", "em_unit")
FITS_IDI = Instrument(
    "FITS-IDI",
    lambda scope: scope.first.name == "UV_DATA",
    (
        Computed(_SPECTRAL, idi_channels),
        Computed(("pol_states", "pol_xel"), idi_stokes),
        Computed(("t_min",), idi_date),
    ),
)
OIFITS = Instrument(
    "OIFITS",
    lambda scope: scope.first.name.startswith("OI_"),
    (
        Computed(_SPECTRAL, oi_wavelengths),
        Computed(("target_name", "s_ra", "s_dec"), oi_target),
        Computed(("t_min", "t_max"), oi_times),
        Constant("calib_level", 2, "reduced fringes"),
        Keyword("instrument_name", ("INSNAME", "INSTRUME")),
        Keyword("facility_name", ("TELESCOP", "ARRNAME")),
    ),
)
