"""What describes one column of any table: the facts that VOTable, TAP_SCHEMA and VODataService all need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Datatype = Literal["boolean", "unsignedByte", "short", "int", "long", "float", "double", "char", "unicodeChar"]

#: What stands in one cell of a table, and the cells of one row in the order of its fields.
Cell = bool | int | float | str | list[float] | None
Row = Sequence[Cell]


@dataclass(frozen=True)
class Field:
    """A column as VOTable describes it (VOTable 1.4, section 4.1).

    Attributes
    ----------
    name
        As users write it; a delimited ADQL identifier stands here without its quotes.
    datatype, arraysize, xtype
        VOTable's; text is ``char`` with arraysize ``*``. DALI 1.1 (section 3.3) lists the xtypes.
    unit, ucd, utype, description
        Empty where there is none.
    """

    name: str
    datatype: Datatype = "char"
    arraysize: str = ""
    xtype: str = ""
    unit: str = ""
    ucd: str = ""
    utype: str = ""
    description: str = ""

    @property
    def is_text(self) -> bool:
        """Whether values are ``str``."""
        return self.datatype in ("char", "unicodeChar")
