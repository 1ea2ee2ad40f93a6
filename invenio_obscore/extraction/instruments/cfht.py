"""Canada-France-Hawaii Telescope: MegaCam, WIRCam (Elixir, `I`iwi), ESPaDOnS (Upena), SPIRou (APERO)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..evidence import Evidence
from ..rules import Computed, Constant, Found, Instrument, Keyword, written
from ..scope import Scope

_NAME = re.compile(r"(?<!\d)\d{6,8}([a-z])(?:\d\d)?(?:\.|$)")
_STEPS = ("DARKSUB", "FLATDIV")
#: Letter behind the odometer number → level (CFHT archive naming).
_LEVELS = {
    "o": 1, "b": 1, "d": 1, "f": 1, "a": 1, "c": 1, "g": 1, "x": 1, "p": 2, "s": 2, "y": 2, "i": 2, "e": 2, "t": 2,
    "v": 2, "m": 2, "l": 2,
}  # fmt: skip


def level(scope: Scope) -> Iterator[Found]:
    """Level by the steps that the pipelines note, else by the letter behind the odometer number.

    The file's own name counts before FILENAME, which keeps the raw file's.
    """
    for hit in scope.hits(*_STEPS):
        if str(hit.value).strip().lower() == "yes":
            yield Found("calib_level", 2, hit.evidence("calib_level", "instrument", "CFHT: "))
            return
    for name in (scope.reading.name, scope.text("FILENAME")):
        match = _NAME.search(name)
        if match and match[1] in _LEVELS:
            yield Found(
                "calib_level",
                _LEVELS[match[1]],
                Evidence("calib_level", "instrument", f"CFHT: file name ends in {match[1]}"),
            )
            return


def template_level(scope: Scope) -> Iterator[Found]:
    """APERO's templates are made of many exposures; EXPTIME there is one input's."""
    if "TEMP" in scope.text("DRSOUTID").upper().split("_"):
        yield Found(
            "calib_level", 3, Evidence("calib_level", "instrument", "SPIRou: DRSOUTID", None, scope.text("DRSOUTID"))
        )


ESPADONS = Instrument(
    "ESPaDOnS",
    written(INSTRUME="ESPADONS"),
    (
        Constant("dataproduct_type", "spectrum", "a spectrograph"),
        Computed(("calib_level",), level),
        Constant("em_res_power", 65_000.0, "nominal value of its spectroscopic modes"),
    ),
)
SPIROU = Instrument(
    "SPIRou",
    written(INSTRUME="SPIROU"),
    (
        Constant("dataproduct_type", "spectrum", "a spectrograph"),
        Computed(("calib_level",), template_level),
        Computed(("calib_level",), level),
    ),
)
CFHT = Instrument(
    "CFHT",
    written(TELESCOP="CFHT"),
    (Computed(("calib_level",), level), Keyword("proposal_id", ("RUNID",)), Keyword("obs_id", ("OBSID", "EXPNUM"))),
)
