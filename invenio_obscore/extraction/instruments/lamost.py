"""LAMOST spectra (LRS and MRS): five rows (flux, inverse variance, wavelength, masks) or a table, in vacuum."""

from __future__ import annotations

from collections.abc import Iterator

from ...fits.values import parse_date
from ..evidence import Evidence
from ..rules import Computed, Constant, Found, Instrument, Keyword, written
from ..scope import Scope


def around_middle(scope: Scope) -> Iterator[Found]:
    """DATE-OBS is the middle in UTC; DATE-BEG and DATE-END are Beijing time."""
    hit = scope.find("DATE-OBS")
    parsed = parse_date(str(hit.value)) if hit else None
    exposure = scope.number("EXPTIME") or 0.0
    if hit is None or parsed is None:
        return
    for column, sign in (("t_min", -1), ("t_max", 1)):
        evidence = Evidence(column, "instrument", "LAMOST: DATE-OBS is the middle", hit.hdu.index, str(hit.value))
        yield Found(column, parsed[0] + sign * exposure / 2 / 86400, evidence)


LAMOST = Instrument(
    "LAMOST",
    written(TELESCOP="LAMOST"),
    (
        Constant("dataproduct_type", "spectrum", "all products are spectra"),
        Computed(("t_min", "t_max"), around_middle),
        Keyword("target_name", ("DESIG", "OBJNAME", "OBJECT")),
        Keyword("obs_id", ("OBSID",)),
        Keyword("facility_name", ("TELESCOP",)),
        Constant("calib_level", 2, "reduced spectra"),
    ),
)
