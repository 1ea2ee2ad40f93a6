"""Pulsar data in PSRFITS (Hotan, van Straten & Manchester 2004): folded profiles and search-mode samples."""

from __future__ import annotations

from collections.abc import Iterator

from ...fits.reading import HduReading
from ...fits.spectral import from_values
from ...fits.values import to_utc
from ...obscore.vocabularies import pol_states_text
from ..evidence import Evidence
from ..rules import Computed, Constant, Found, Instrument, Keyword, written
from ..scope import Scope
from ..spectra import found as spectral_found

_SECONDS_A_DAY = 86_400.0
#: POL_TYPE → states; the cross products of two linear feeds are real and imaginary part.
_STATES = {"IQUV": ("I", "Q", "U", "V"), "AA+BB": ("I",), "INTEN": ("I",), "AABB": ("XX", "YY")}


def _subintegrations(scope: Scope) -> HduReading | None:
    return scope.named("SUBINT")


def band(scope: Scope) -> Iterator[Found]:
    """The centre and width (MHz) that the primary header gives; a negative width is a falling axis."""
    centre, width = scope.primary.header.number("OBSFREQ"), scope.primary.header.number("OBSBW")
    if not centre or not width or abs(width) >= 2 * centre:
        return
    table = _subintegrations(scope)
    channels = scope.primary.header.integer("OBSNCHAN") or (table.header.integer("NCHAN") if table else 0)
    low, high = centre - abs(width) / 2, centre + abs(width) / 2
    result = from_values(low, high, "MHz", count=channels, how="PSRFITS: OBSFREQ, OBSBW")
    if result is not None:
        yield from spectral_found(result, 0, "instrument")


def times(scope: Scope) -> Iterator[Found]:
    """Begin by STT_IMJD, STT_SMJD and STT_OFFS; length by SCANLEN, or by the samples."""
    header = scope.primary.header
    day, seconds = header.number("STT_IMJD"), header.number("STT_SMJD")
    if not day or seconds is None:
        return
    begin = to_utc(day + (seconds + (header.number("STT_OFFS") or 0.0)) / _SECONDS_A_DAY, "UTC")
    yield Found("t_min", begin, Evidence("t_min", "instrument", "PSRFITS: STT_IMJD, STT_SMJD", 0))
    length, detail = _length(scope)
    if length:
        yield Found("t_exptime", length, Evidence("t_exptime", "instrument", detail))
        yield Found("t_max", begin + length / _SECONDS_A_DAY, Evidence("t_max", "instrument", detail))


def _length(scope: Scope) -> tuple[float, str]:
    """Seconds observed, and where they are said."""
    table = _subintegrations(scope)
    rows = int(table.tables.get("rows", 0)) if table else 0
    if table is not None and rows:
        samples, step = table.header.integer("NSBLK"), table.header.number("TBIN")
        if _is_search(scope) and samples > 1 and step:
            return rows * samples * step, "PSRFITS: rows, NSBLK, TBIN"
        each = table.tables.get("first", {}).get("TSUBINT")
        if isinstance(each, float) and each > 0:
            return rows * each, "PSRFITS: rows, TSUBINT"
    return scope.primary.header.number("SCANLEN") or 0.0, "PSRFITS: SCANLEN"


def samples(scope: Scope) -> Iterator[Found]:
    """Samples in time: subintegrations of a folded profile, single samples of search mode; their spacing."""
    table = _subintegrations(scope)
    rows = int(table.tables.get("rows", 0)) if table else 0
    if table is None or not rows:
        return
    block = max(1, table.header.integer("NSBLK")) if _is_search(scope) else 1
    yield Found("t_xel", rows * block, Evidence("t_xel", "instrument", "PSRFITS: rows of SUBINT", table.index))
    step = table.header.number("TBIN")
    if step and step > 0:
        yield Found("t_resolution", step, Evidence("t_resolution", "instrument", "PSRFITS: TBIN", table.index))


def _is_search(scope: Scope) -> bool:
    return scope.primary.header.text("OBS_MODE") == "SEARCH"


def polarisation(scope: Scope) -> Iterator[Found]:
    """POL_TYPE of the samples; the four products of two feeds are linear or circular, as FD_POLN has it."""
    table = _subintegrations(scope)
    kind = (table.header.text("POL_TYPE") or "").upper() if table else ""
    circular = (scope.primary.header.text("FD_POLN") or "").upper().startswith("CIRC")
    states = ("RR", "LL", "RL", "LR") if circular else ("XX", "YY", "XY", "YX")
    found = states if kind == "AABBCRCI" else states[:2] if kind == "AABB" else _STATES.get(kind, ())
    text = pol_states_text(list(found))
    if text and table is not None:
        for column, value in (("pol_states", text), ("pol_xel", len(found))):
            yield Found(column, value, Evidence(column, "instrument", "PSRFITS: POL_TYPE", table.index, kind))


PSRFITS = Instrument(
    "PSRFITS",
    written(FITSTYPE="PSRFITS"),
    (
        Constant("dataproduct_type", "timeseries", "folded profiles or samples in time"),
        Constant("dataproduct_subtype", "dynamic-spectrum", "in time and frequency"),
        Computed(("em_min", "em_max", "em_xel", "em_ucd", "em_unit"), band),
        Computed(("t_min", "t_max", "t_exptime"), times),
        Computed(("t_xel", "t_resolution"), samples),
        Computed(("pol_states", "pol_xel"), polarisation),
        Keyword("target_name", ("SRC_NAME",)),
        Keyword("instrument_name", ("FRONTEND", "BACKEND")),
        Keyword("proposal_id", ("PROJID",)),
        Constant("calib_level", 1, "as the backend wrote it"),
    ),
)
