"""What names mean in a mapping: variables, operators' precedence, keywords that no mapping may set, nearest names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from ..obscore.columns import ALL_COLUMNS

#: Each variable and what it stands for; ``$ENV_<NAME>`` comes on top.
VARIABLES = {
    "FILENAME": "name of the file, without its directory",
    "STEM": "the same without its endings (.fits, .fits.gz …)",
    "PATH": "path as it was given; in a repository the file's key",
    "DIRNAME": "name of the directory that the file is in",
    "MEMBER": "path inside the archive, where the file is a member of one",
    "HDU": "number of the HDU, from 0",
    "EXTNAME": "name of that HDU",
    "PRODUCT": "key of the data product inside its file",
}
ENVIRONMENT = "ENV_"

#: Binding power of the infix operators; higher binds tighter.
PRECEDENCE = {
    "or": 10,
    "and": 20,
    "==": 40, "!=": 40, "<": 40, "<=": 40, ">": 40, ">=": 40,
    "+": 50, "-": 50,
    "*": 60, "/": 60, "%": 60,
    "**": 80,
    "[": 90,
}  # fmt: skip
NOT, SIGN = 30, 70
SPELLINGS = {"=": "=="}
WORDS = {"true": True, "false": False}

_STRUCTURAL = re.compile(
    "SIMPLE|XTENSION|BITPIX|NAXIS[0-9]*|PCOUNT|GCOUNT|GROUPS|EXTEND|TFIELDS|TFORM[0-9]+|TBCOL[0-9]+|THEAP|END|"
    "COMMENT|HISTORY|CONTINUE|HIERARCH|CHECKSUM|DATASUM|Z(IMAGE|TABLE|BITPIX|NAXIS[0-9]*|PCOUNT|GCOUNT|FORM[0-9]+|"
    "TILE[0-9]+|CMPTYPE|SIMPLE|EXTEND)"
)
_KEYWORD = re.compile(r"[A-Z0-9_-]+( [A-Z0-9_-]+)*")
_PER_HDU = re.compile(
    "(CTYPE|CUNIT|CRVAL|CRPIX|CDELT|CROTA|CNAME|CRDER|CSYER|CZPHS|CPERI)[0-9]+[A-Z]?|(CD|PC|PV|PS)[0-9]+_[0-9]+[A-Z]?|"
    "WCSAXES[A-Z]?|WCSNAME[A-Z]?|(RADESYS|EQUINOX|SPECSYS|SSYSOBS|RESTFRQ|RESTWAV|LONPOLE|LATPOLE|VELREF)[A-Z]?|RADECSYS|"
    "RESTFREQ|VELOSYS[A-Z]?|BUNIT|BSCALE|BZERO|BLANK|"
    "T(TYPE|UNIT|DISP|SCAL|ZERO|NULL|DIM|DMIN|DMAX|LMIN|LMAX|CTYP|CUNI|CRVL|CRPX|CDLT|CTY|CUN|CRV|CRP|CDE|RPOS)"
    "[0-9]+[A-Z]?|EXTNAME|EXTVER|EXTLEVEL|DC-FLAG|COEFF0|COEFF1|HDUCLAS[0-9]"
)
_AXIS = re.compile(r"(?:CTYPE|CUNIT|CRVAL|CRPIX|CDELT|CROTA|CNAME|CRDER|CSYER)([0-9]+)[A-Z]?")
_TABLE_COLUMN = re.compile(r"T[A-Z]+([0-9]+)[A-Z]?")


def is_keyword(name: str) -> bool:
    """Whether a name can be a keyword: FITS 4.0, section 4.1.2.1, or the ESO HIERARCH convention's words."""
    return bool(_KEYWORD.fullmatch(name)) and len(name) <= 67


def is_structural(keyword: str) -> bool:
    """Whether a keyword says how the bytes of the file are laid out (or keeps no value): no mapping may set it."""
    return bool(_STRUCTURAL.fullmatch(keyword))


def is_per_hdu(keyword: str) -> bool:
    """Whether each HDU has the keyword for itself (axes, table columns, units); others speak for the whole file."""
    return bool(_PER_HDU.fullmatch(keyword))


def axis_of(keyword: str) -> int | None:
    """The number of the image axis that a WCS keyword describes, if it is one's."""
    match = _AXIS.fullmatch(keyword)
    return int(match[1]) if match else None


def table_column_of(keyword: str) -> int | None:
    """The number of the table column that a keyword such as ``TUNIT3`` describes, if it is one's."""
    match = _TABLE_COLUMN.fullmatch(keyword) if is_per_hdu(keyword) else None
    return int(match[1]) if match else None


def nearest(name: str, candidates: Iterable[str]) -> str:
    """``did you mean x?``, or an empty text where nothing is near."""
    found = difflib.get_close_matches(name[:80].lower(), {c.lower() for c in candidates}, n=1, cutoff=0.6)
    originals = {c.lower(): c for c in candidates} if found else {}
    return f"did you mean {originals[found[0]]}?" if found else ""


def nearest_column(name: str) -> str:
    """The same among the ObsCore columns."""
    return nearest(name, tuple(ALL_COLUMNS))
