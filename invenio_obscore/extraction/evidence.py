"""Where a value came from, and what is doubtful: both travel with every row and are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from ..fits.problems import Problem, Severity
from ..obscore.row import ObsCoreRow

__all__ = ["Evidence", "Problem", "Product", "Severity", "SourceKind"]

SourceKind = Literal[
    "keyword",  # a header card
    "wcs",  # computed from the WCS of an HDU
    "table",  # read or counted in a table HDU
    "file",  # name, size, structure of the file
    "instrument",  # a rule of an instrument's table
    "house",  # a house rule, by its name
    "mapping",  # a line of the mapping file
    "simbad",
    "svo",
    "depositor",  # a correction
    "record",  # the deposit's own metadata
    "default",
]


@dataclass(frozen=True)
class Evidence:
    """Where the value of one column came from.

    Attributes
    ----------
    column
        ObsCore column.
    source
        Kind of source.
    detail
        What exactly, in words for people: ``EXPTIME``, ``WCS of HDU 1``, ``line 3``, a rule's name.
    hdu
        HDU number from 0, or None where it is no one HDU's.
    raw
        The value as it was found, before conversion (text, may be cut to 200 characters).
    """

    column: str
    source: SourceKind
    detail: str = ""
    hdu: int | None = None
    raw: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {k: v for k, v in vars(self).items() if v not in ("", None)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Evidence:
        """What `to_dict` wrote."""
        return cls(**data)


@dataclass
class Product:
    """One data product: a row, the evidence of each value, and the problems.

    Attributes
    ----------
    key
        Names the product inside its file for ever: ``""`` where the file is one product, else the HDU's name or number
        in lower case (``spectrum``, ``hdu3``).
    member
        Path inside a ZIP or tar archive, else ``""``.
    filter
        The filter as the header names it, where its band is not known: curation asks for it.
    """

    row: ObsCoreRow
    key: str = ""
    member: str = ""
    evidence: dict[str, Evidence] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    filter: str = ""

    def set(self, column: str, value: Any, evidence: Evidence) -> None:  # noqa: ANN401
        """Put a value into the row, with its evidence (replacing what was there)."""
        self.row[column] = value
        self.evidence[column] = evidence

    def fill(self, column: str, value: Any, evidence: Evidence) -> bool:  # noqa: ANN401
        """The same where the cell is empty and there is a value; whether it was filled."""
        if value is None or self.row[column] is not None:
            return False
        self.set(column, value, evidence)
        return True

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it; `from_dict` reads it."""
        return {
            "key": self.key,
            "member": self.member,
            "row": self.row.to_dict(),
            "evidence": {column: evidence.to_dict() for column, evidence in self.evidence.items()},
            "problems": [problem.to_dict() for problem in self.problems],
            **({"filter": self.filter} if self.filter else {}),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Product:
        """What `to_dict` wrote."""
        return cls(
            row=ObsCoreRow(data["row"]),
            key=data["key"],
            member=data["member"],
            evidence={column: Evidence.from_dict(e) for column, e in data["evidence"].items()},
            problems=[Problem.from_dict(p) for p in data["problems"]],
            filter=data.get("filter", ""),
        )
