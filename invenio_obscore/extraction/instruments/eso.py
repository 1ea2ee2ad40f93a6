"""ESO: science data products (ESO Science Data Products Standard, "phase 3") and raw files of its telescopes."""

from __future__ import annotations

from collections.abc import Iterator

from astropy import units as u

from ..evidence import Evidence
from ..observable import unit_ucd
from ..rules import Computed, Found, Instrument, Keyword, Lookup, written
from ..scope import Scope

_TYPES = {
    "SCIENCE.SPECTRUM": "spectrum", "SCIENCE.IMAGE": "image", "SCIENCE.MEFIMAGE": "image",
    "SCIENCE.IMAGE.FLUXMAP": "image", "SCIENCE.CUBE": "cube", "SCIENCE.CUBE.IFS": "cube",
    "SCIENCE.SRCTBL": "measurements", "SCIENCE.CATALOG": "measurements", "SCIENCE.CATALOGTILE": "measurements",
    "SCIENCE.MCATALOG": "measurements", "SCIENCE.VISIBILITY": "visibility",
}  # fmt: skip
_CALIBRATED = {
    "ABSOLUTE": "absolute", "UNCALIBRATED": "uncalibrated", "RELATIVE": "relative", "NORMALIZED": "normalized",
}  # fmt: skip


def combined(scope: Scope) -> Iterator[Found]:
    """Products made of several exposures of an image or cube are combined ones."""
    number = scope.number("NCOMBINE")
    level = 3 if number and number > 1 and not scope.text("PRODCATG").upper().endswith("SPECTRUM") else 2
    yield Found(
        "calib_level", level, Evidence("calib_level", "instrument", "ESO: PRODCATG", None, scope.text("PRODCATG"))
    )


def _is_raw(scope: Scope) -> bool:
    return scope.has("ESO DPR CATG", "ESO DPR TYPE", "ESO OBS ID") and not scope.has("PRODCATG")


def raw_level(scope: Scope) -> Iterator[Found]:
    """A file that no recipe made is raw."""
    processed = scope.has("ESO PRO CATG", "ESO PRO REC1 ID") or unit_ucd(scope.text("BUNIT")) not in (
        None,
        "phot.count",
    )
    level = 2 if processed else 1
    detail = "ESO: ESO PRO CATG or BUNIT" if level == 2 else "ESO: ESO DPR CATG, no product"
    yield Found("calib_level", level, Evidence("calib_level", "instrument", detail))


ESO_PRODUCT = Instrument(
    "ESO phase 3",
    lambda scope: written(PRODCATG="SCIENCE|ANCILLARY")(scope),
    (
        Lookup("dataproduct_type", ("PRODCATG",), _TYPES),
        Computed(("calib_level",), combined),
        Keyword("t_exptime", ("TEXPTIME", "EXPTIME"), unit=u.s),
        Keyword("proposal_id", ("PROG_ID",)),
        Keyword("obs_id", ("OBID1", "ESO OBS ID")),
        Keyword("em_res_power", ("SPEC_RES",)),
        Keyword("s_resolution", ("PSF_FWHM", "SKY_RES"), unit=u.arcsec),
        Lookup("o_calib_status", ("FLUXCAL",), _CALIBRATED),
        Keyword(
            "bib_reference",
            ("REFERENC",),
            convert=lambda hit, scope: str(hit.value).strip() if len(str(hit.value).strip()) == 19 else None,
        ),
    ),
)

ESO_RAW = Instrument(
    "ESO",
    _is_raw,
    (
        Computed(("calib_level",), raw_level),
        Keyword("target_name", ("ESO OBS TARG NAME", "OBJECT")),
        Keyword("proposal_id", ("ESO OBS PROG ID",)),
        Keyword("obs_id", ("ESO OBS ID",)),
    ),
)
