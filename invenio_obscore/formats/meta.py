"""What a result says of itself beside its columns and rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Info:
    """An INFO element of a VOTable (VOTable 1.4, section 4.8): ``name``, ``value`` and the text inside."""

    name: str
    value: str
    text: str = ""


@dataclass(frozen=True)
class Meta:
    """What stands beside the table.

    Attributes
    ----------
    infos
        Further INFO elements: the protocol, the parameters as they were understood, whom to cite.
    name
        Name of the table.
    description
        What the result is, for people.
    """

    infos: tuple[Info, ...] = ()
    name: str = "result"
    description: str = ""
