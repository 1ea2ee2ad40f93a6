"""What an expression can see: the headers of one file, one of its HDUs, the row as it is by now."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from astropy import units as u

from ..extraction.evidence import Product
from ..fits.reading import HduReading, Reading
from ..obscore.columns import ALL_COLUMNS
from ..obscore.regions import Region
from ..obscore.row import ObsCoreRow
from .functions.text import stem
from .language import ENVIRONMENT

_HDU_KEY = re.compile(r"hdu(\d+)", re.IGNORECASE)


def hdu_name(hdu: HduReading) -> str:
    """EXTNAME in capitals; the first HDU is called PRIMARY where it has none."""
    return hdu.name or ("PRIMARY" if hdu.index == 0 else "")


def is_called(hdu: HduReading, name: str) -> bool:
    """Whether a mapping means this HDU by a name or number."""
    return str(hdu.index) == name or hdu_name(hdu) == name.upper() or (hdu.index == 0 and name.upper() == "PRIMARY")


@dataclass
class Scope:
    """The surroundings of an expression.

    Attributes
    ----------
    name, path, member
        Of the file; ``path`` is what the mapping may know of it.
    hdus
        The HDUs as they are by now, overlay included.
    current
        Number of the HDU that is looked at first, or None.
    row
        The row whose columns an expression may read, or None where there is none yet.
    product
        Key of the product.
    environment
        Whether ``$ENV_…`` may be read.
    """

    name: str = ""
    path: str = ""
    member: str = ""
    hdus: list[HduReading] = field(default_factory=list)
    current: int | None = None
    row: ObsCoreRow | None = None
    product: str = ""
    environment: bool = True
    missing: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, reading: Reading, *, product: Product | None = None, web: bool = False) -> Scope:
        """The scope of one product of a file, or of the whole file.

        In a repository the path is the file's key: where its bytes lie is nobody's business.
        """
        return cls(
            name=posixpath.basename(reading.member or reading.name),
            path=reading.name if web else reading.path or reading.name,
            member=reading.member,
            hdus=list(reading.hdus),
            current=_hdu_of(product, reading) if product else None,
            row=product.row if product else None,
            product=product.key if product else "",
            environment=not web,
        )

    # -- headers -----------------------------------------------------------------------------------------------------
    def _in_order(self) -> list[HduReading]:
        """The HDU that is looked at, then the first one, then the others as they stand in the file."""
        return sorted(self.hdus, key=lambda h: (h.index != self.current, h.index))

    def keyword(self, name: str, hdu: str = "") -> Any:  # noqa: ANN401
        """The value of a keyword, or None; ``hdu`` names the only HDUs to look into."""
        for candidate in self._in_order():
            if hdu and not is_called(candidate, hdu):
                continue
            value = candidate.header.get(name)
            if value is not None and value != "":
                return value
        self.missing.append(f"{hdu}.{name}" if hdu else name)
        return None

    def keyword_values(self, name: str) -> list[Any]:
        """The values of a keyword in all HDUs that have it, in file order."""
        values = (hdu.header.get(name) for hdu in self.hdus)
        return [value for value in values if value is not None and value != ""]

    # -- row ---------------------------------------------------------------------------------------------------------
    def cell(self, column: str) -> Any:  # noqa: ANN401
        """The value of a column, with the column's unit where it has one."""
        value = self.row[column] if self.row is not None else None
        if isinstance(value, Region):
            return value.to_stcs()
        unit = ALL_COLUMNS[column].unit
        return u.Quantity(value, unit) if value is not None and unit else value

    # -- file --------------------------------------------------------------------------------------------------------
    def variable(self, name: str) -> str | int | None:
        """The value of ``$NAME``."""
        if name.startswith(ENVIRONMENT):
            return os.environ.get(name.removeprefix(ENVIRONMENT)) if self.environment else None
        return _VARIABLES[name](self)

    def _hdu_number(self) -> int | None:
        return self.current if self.current is not None else (0 if self.hdus else None)

    def _hdu_name(self) -> str | None:
        number = self._hdu_number()
        return next((hdu_name(h) for h in self.hdus if h.index == number), "") or None


_VARIABLES: dict[str, Callable[[Scope], str | int | None]] = {
    "FILENAME": lambda s: s.name or None,
    "STEM": lambda s: stem(s.name) or None,
    "PATH": lambda s: s.path or None,
    "DIRNAME": lambda s: posixpath.basename(posixpath.dirname(s.member or s.path)) or None,
    "MEMBER": lambda s: s.member or None,
    "HDU": Scope._hdu_number,
    "EXTNAME": Scope._hdu_name,
    "PRODUCT": lambda s: s.product or None,
}


def _hdu_of(product: Product, reading: Reading) -> int | None:
    """The HDU that a product is about: the one that its key names, else the one most of its evidence points to."""
    match = _HDU_KEY.fullmatch(product.key)
    if match:
        return int(match[1])
    named = next((h.index for h in reading.hdus if product.key and h.name.lower() == product.key), None)
    if named is not None:
        return named
    numbers = [e.hdu for e in product.evidence.values() if e.hdu is not None]
    return max(sorted(set(numbers)), key=numbers.count) if numbers else None
