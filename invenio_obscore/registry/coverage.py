"""What a set of data products covers: sky, time, spectrum, and who and what is in it.

The sky is a set of HEALPix cells (MOC 2.0) of at most :data:`ORDER`; a cell is a number that holds its order, too
(NUNIQ). Times are whole days, wavelengths bins of a quarter of a percent: both may cover a little more than the data.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..obscore.regions import Circle, Polygon, parse_region
from .wavebands import wavebands

_log = logging.getLogger(__name__)

#: Cells of order 6 are a degree wide: what registries ask for at least, and 49,152 cells for all the sky.
ORDER = 6
#: Bins of the logarithm of a wavelength in metres, per decade.
BINS = 1000
_MOST_INTERVALS = 12
_PLANCK_TIMES_C = 6.62607015e-34 * 299792458
#: MJD from the year 1 to the year 10000, and wavelengths that bins can hold.
_DAYS = (-678575.0, 2973484.0)
_WAVELENGTHS = (1e-25, 1e25)

#: Column of a row → kind of term that is counted.
TERMS = {
    "dataproduct_type": "product_type",
    "facility_name": "facility",
    "instrument_name": "instrument",
    "bib_reference": "bibliography",
}
_LONGEST_TERM = 300
#: Half an arcsecond in degrees: a point touches the cell that it is in.
_POINT = 1.4e-4


@dataclass(frozen=True)
class Contribution:
    """What some rows add to their collection.

    Attributes
    ----------
    cells
        NUNIQ numbers, none inside another one.
    days, bins
        First and last whole day (MJD) and bin of wavelength that the rows cover; None where they say nothing.
    terms
        Kind and value.
    """

    rows: int
    cells: frozenset[int] = frozenset()
    days: tuple[int, int] | None = None
    bins: tuple[int, int] | None = None
    terms: frozenset[tuple[str, str]] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Coverage:
    """Coverage as VODataService 1.2 (section 3.2) writes it.

    Attributes
    ----------
    moc
        ASCII MOC; empty where no place is known.
    temporal
        Intervals of MJD.
    spectral
        Intervals of energy in joule.
    """

    moc: str = ""
    temporal: tuple[tuple[float, float], ...] = ()
    spectral: tuple[tuple[float, float], ...] = ()
    bands: tuple[str, ...] = ()


def contribution(rows: Sequence[Mapping[str, Any]]) -> Contribution:
    """Of rows with the columns of ``ivoa.obscore`` (regions as text)."""
    terms = {(kind, str(row[column])) for row in rows for column, kind in TERMS.items() if row.get(column)}
    terms |= {("band", band) for row in rows for band in wavebands(row.get("em_min"), row.get("em_max"))}
    terms |= {("creator", name) for row in rows for name in _names(row.get("obs_creator_name"))}
    return Contribution(
        rows=len(rows),
        cells=cells(rows),
        days=_hull(rows, "t_min", "t_max", _day),
        bins=_hull(rows, "em_min", "em_max", _bin),
        terms=frozenset((kind, value) for kind, value in terms if len(value) <= _LONGEST_TERM),
    )


def _names(value: object) -> list[str]:
    return [name.strip() for name in str(value or "").split(";") if name.strip()]


def _day(mjd: float) -> int | None:
    return math.floor(mjd) if _DAYS[0] <= mjd <= _DAYS[1] else None


def _bin(metres: float) -> int | None:
    return math.floor(BINS * math.log10(metres)) if _WAVELENGTHS[0] <= metres <= _WAVELENGTHS[1] else None


def _hull(rows: Iterable[Mapping[str, Any]], low: str, high: str, number: Any) -> tuple[int, int] | None:  # noqa: ANN401
    values = [row.get(name) for row in rows for name in (low, high)]
    found = [one for value in values if value is not None and (one := number(float(value))) is not None]
    return (min(found), max(found)) if found else None


# ------------------------------------------------------------------------------------------------------------- the sky
def cells(rows: Sequence[Mapping[str, Any]]) -> frozenset[int]:
    """The cells that regions touch; of a row without a region those of its position and field of view."""
    cones: list[tuple[float, float, float]] = []
    polygons: list[Polygon] = []
    for row in rows:
        for part in _parts(row):
            if isinstance(part, Polygon):
                polygons.append(part)
            else:
                cones.append((part.ra, part.dec, part.radius))
    return _union_of(sorted(set(cones)), polygons)


def _parts(row: Mapping[str, Any]) -> tuple[Circle | Polygon, ...]:
    text, ra, dec = row.get("s_region"), row.get("s_ra"), row.get("s_dec")
    try:
        if text:
            return parse_region(str(text)).parts
        if ra is not None and dec is not None:
            return (Circle(float(ra), float(dec), min(180.0, float(row.get("s_fov") or 0.0) / 2)),)
    except ValueError:
        return ()  # a region that no standard knows covers nothing that we could say
    return ()


_Cone = tuple[float, float, float]


def _union_of(cones: Sequence[_Cone], polygons: Sequence[Polygon]) -> frozenset[int]:
    from mocpy import MOC

    made = [_of_cones(cones), *map(_of_polygon, polygons)]
    union = MOC.new_empty(ORDER)
    for one in made:
        union = union if one is None else union.union(one)
    return frozenset(int(cell) for cell in union.uniq_hpx)


def is_panic(error: BaseException) -> bool:
    """Whether Rust code (mocpy's) gave up: PyO3's class for that is no ``Exception``, and no module has it."""
    return type(error).__name__ == "PanicException"


def _tried(make: Callable[[], Any]) -> Any:  # noqa: ANN401 - a MOC or None
    """What mocpy makes of a shape; None of one on which it fails: anybody may write a region, mocpy panics on some."""
    try:
        return make()
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        _log.warning("mocpy fails on a region: %s", error)
        return None


def _of_cones(cones: Sequence[_Cone]) -> Any:  # noqa: ANN401 - a MOC or None
    """Of all cones at once; where that fails, of those with which it works."""
    import astropy.units as u
    import numpy as np
    from astropy.coordinates import Latitude, Longitude
    from mocpy import MOC

    if not cones:
        return None

    def make() -> Any:  # noqa: ANN401 - a MOC
        ra, dec, radius = np.array(cones).T
        lon, lat, size = Longitude(ra, u.deg), Latitude(dec, u.deg), np.maximum(radius, _POINT) * u.deg
        if len(cones) == 1:
            return MOC.from_cone(lon[0], lat[0], radius=size[0], max_depth=ORDER)
        # Left to itself it starts as many threads as a machine may have, with each call.
        return MOC.from_cones(lon, lat, radius=size, max_depth=ORDER, union_strategy="small_cones", n_threads=2)

    made = _tried(make)
    if made is not None or len(cones) == 1:
        return made
    union = MOC.new_empty(ORDER)
    for one in (_of_cones([cone]) for cone in cones):
        union = union if one is None else union.union(one)
    return union


def _of_polygon(polygon: Polygon) -> Any:  # noqa: ANN401 - a MOC or None
    """Of a polygon; of its bounding circle where it is none that mocpy takes."""
    import astropy.units as u
    import numpy as np
    from astropy.coordinates import Latitude, Longitude
    from mocpy import MOC

    ra, dec = np.array(polygon.vertices).T
    around = polygon.bounding_circle()
    circle = _of_cones([(around.ra, around.dec, around.radius)])
    made = _tried(lambda: MOC.from_polygon(Longitude(ra, u.deg), Latitude(dec, u.deg), max_depth=ORDER))
    if circle is None or made is None or made.empty():
        return circle
    # mocpy decides by itself which side of the outline is inside.
    return made.intersection(circle)


def moc_text(numbers: Iterable[int]) -> str:
    """ASCII MOC (MOC 2.0, section 4.3.2) of cells, joined where they fill a larger one; empty without cells."""
    import numpy as np
    from mocpy import MOC

    uniq = np.fromiter(numbers, dtype="uint64")
    if not len(uniq):
        return ""
    order = np.floor(np.log2(uniq.astype("float64") / 4) / 2).astype("uint8")
    index = uniq - (np.uint64(4) << (2 * order).astype("uint64"))
    made = MOC.from_healpix_cells(index, order, max_depth=ORDER)
    return " ".join(made.to_string("ascii").split())


# ------------------------------------------------------------------------------------------------- times and spectrum
def joined(intervals: Iterable[tuple[int, int]], most: int = _MOST_INTERVALS) -> list[tuple[int, int]]:
    """Half-open intervals in order; where there are too many, the narrowest gaps are filled."""
    ordered = sorted(intervals)
    while len(ordered) > most:
        gaps = [after[0] - before[1] for before, after in zip(ordered, ordered[1:])]
        narrow = gaps.index(min(gaps))
        ordered[narrow : narrow + 2] = [(ordered[narrow][0], ordered[narrow + 1][1])]
    return ordered


def temporal(days: Iterable[tuple[int, int]]) -> tuple[tuple[float, float], ...]:
    """Intervals of MJD from half-open intervals of whole days."""
    return tuple((float(low), float(high)) for low, high in joined(days))


def spectral(bins: Iterable[tuple[int, int]]) -> tuple[tuple[float, float], ...]:
    """Intervals of energy (joule, in a vacuum) from half-open intervals of bins of wavelength, in order of energy."""
    energies = ((_energy(high), _energy(low)) for low, high in joined(bins))
    return tuple(sorted(energies))


def _energy(number: int) -> float:
    return float(f"{_PLANCK_TIMES_C / 10 ** (number / BINS):.4g}")
