"""International Ultraviolet Explorer: extracted spectra of NEWSIPS and INES (MXLO, MXHI)."""

from __future__ import annotations

from collections.abc import Iterator

from astropy import units as u

from ...fits.spectral import from_values
from ...fits.values import parse_date
from ..position import keyword_position
from ..rules import Computed, Constant, Found, Instrument, Keyword, written
from ..scope import Hit, Scope
from ..spectra import found as spectral_found


def stepped_axis(scope: Scope) -> Iterator[Found]:
    """MXLO and MXHI give the first wavelength, the step and the number of points of each row (ångströms)."""
    for hdu in scope.reading.hdus:
        ends = []
        for place in ("first", "last"):
            row = {k.upper(): v for k, v in hdu.tables.get(place, {}).items()}
            start, step, count = row.get("WAVELENGTH"), row.get("DELTAW"), row.get("NPOINTS")
            if start and step and count:
                ends += [start, start + step * (count - 1)]
        if ends:
            count = int(hdu.tables["first"].get("NPOINTS", 0))
            result = from_values(min(ends), max(ends), "Angstrom", count=count, how="WAVELENGTH, DELTAW, NPOINTS")
            if result is not None:
                yield from spectral_found(result, hdu.index, "instrument")
            return


def old_date(hit: Hit, scope: Scope) -> float | None:
    """LDATEOBS with LTIMEOBS: ``27/02/80`` and ``12:30:00``; SDATEOBS for the small aperture."""
    clock = str(hit.hdu.header.get(hit.keyword[0] + "TIMEOBS", "")).strip()
    parsed = parse_date(f"{hit.value} {clock}".strip())
    return parsed[0] if parsed else None


def end(scope: Scope) -> Iterator[Found]:
    """The begin and the exposure."""
    hit = scope.find("LDATEOBS", "SDATEOBS")
    begin = old_date(hit, scope) if hit else None
    exposure = scope.number("LEXPTIME", "SEXPTIME")
    if hit is not None and begin is not None and exposure:
        yield Found("t_max", begin + exposure / 86_400, hit.evidence("t_max", "instrument", "IUE, and the exposure: "))


def aperture_position(scope: Scope) -> Iterator[Found]:
    """The target of the large aperture, else of the small one."""
    yield from keyword_position(scope, (("LTARGRA", "LTARGDEC"), ("STARGRA", "STARGDEC"), ("RA", "DEC")))


IUE = Instrument(
    "IUE",
    written(TELESCOP="IUE"),
    (
        Constant("dataproduct_type", "spectrum", "all products are spectra"),
        Computed(("em_min", "em_max", "em_xel", "em_ucd", "em_unit"), stepped_axis),
        Computed(("s_ra", "s_dec"), aperture_position),
        Keyword("target_name", ("LTARGET", "STARGET", "OBJECT")),
        Keyword("t_min", ("LDATEOBS", "SDATEOBS"), convert=old_date),
        Computed(("t_max",), end),
        Keyword("t_exptime", ("LEXPTIME", "SEXPTIME"), unit=u.s),
        Keyword("instrument_name", ("CAMERA", "INSTRUME")),
        Keyword("proposal_id", ("PGM-ID", "PROGID")),
        Constant("calib_level", 2, "NEWSIPS and INES are calibrated"),
    ),
)
