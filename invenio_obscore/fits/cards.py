"""The cards of one header: tolerant, lazy look-up by keyword.

astropy's `Header` turns each card into an object and raises on a bad one; extraction looks at a few keywords of many
headers and must live with what real files hold. So cards stay text, and a value is parsed when it is asked for
(FITS 4.0, sections 4.1 and 4.2).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

CARD = 80

Scalar = str | int | float | bool

_STRING = re.compile(r"'((?:[^']|'')*)'?\s*(?:/(.*))?$", re.S)
_INTEGER = re.compile(r"[+-]?\d{1,30}$")
_REAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?$")
_LEADING_REAL = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d{1,3})?)")
#: Keywords of cards that may have an equals sign in column 9 all the same.
_UNUSUAL = frozenset({"HIERARCH", "COMMENT ", "HISTORY ", "CONTINUE", "END     ", "        "})
_COMMENTARY = frozenset({"COMMENT", "HISTORY", "", "END", "CONTINUE"})
#: What people write where there is no value.
NOTHING = frozenset(
    {"", "n/a", "na", "none", "null", "nan", "unknown", "undefined", "undef", "not set", "---", "--", "-", "?"}
)


@dataclass(frozen=True)
class Assigned:
    """A value laid over the cards: of a mapping line, or (line 0) of a table column that stands for a keyword."""

    value: Scalar
    line: int = 0


def parse_real(text: str) -> float | None:
    """A finite number written as FITS, C or Fortran do; None for anything else."""
    text = text.strip()
    if not _REAL.match(text):
        return None
    number = float(text.replace("D", "E").replace("d", "e"))
    return number if math.isfinite(number) else None


def parse_value(field: str) -> tuple[Scalar | None, str]:
    """Value and comment of a value field (columns 11 to 80).

    Text that stands without quotes is given as text; an empty field is None.
    """
    stripped = field.strip()
    if stripped.startswith("'"):
        match = _STRING.match(stripped)
        if match:
            return match[1].replace("''", "'").rstrip(), (match[2] or "").strip()
    text, _, comment = stripped.partition("/")
    text = text.strip()
    if not text:
        return None, comment.strip()
    if text in ("T", "F"):
        return text == "T", comment.strip()
    if _INTEGER.match(text):
        return int(text), comment.strip()
    number = parse_real(text)
    return (text if number is None else number), comment.strip()


def _split(card: str) -> tuple[str, str] | None:
    """Keyword and value field of a card, or None for one that holds no value."""
    keyword = card[:8].rstrip().upper()
    if keyword == "HIERARCH":
        name, equals, field = card[8:].partition("=")
        return (" ".join(name.split()).upper(), field) if equals else None
    if keyword in _COMMENTARY or card[8:9] != "=":
        return None
    return keyword, card[9:]


class Header(Mapping[str, Scalar]):
    """Keywords of one HDU and their values; the first card of a name counts.

    Keywords of ESO's HIERARCH convention are found as ``ESO INS GRIS1 NAME`` (with or without ``HIERARCH``).

    Parameters
    ----------
    cards
        Text of 80-character cards, without END.
    overlay
        Values that a mapping file gives, by keyword; they win.
    """

    __slots__ = ("__dict__", "cards", "overlay")

    def __init__(self, cards: str, overlay: Mapping[str, Assigned] | None = None) -> None:
        self.cards = cards
        self.overlay = dict(overlay or {})

    @cached_property
    def _fields(self) -> dict[str, tuple[str, int]]:
        found: dict[str, tuple[str, int]] = {}
        for start in range(0, len(self.cards), CARD):
            card = self.cards[start : start + CARD]
            if card[8:9] == "=" and card[:8] not in _UNUSUAL:  # what nearly all cards are
                keyword = card[:8].rstrip().upper()
                if keyword not in found and keyword not in _COMMENTARY:
                    found[keyword] = (card[9:], start)
                continue
            split = _split(card)
            if split and split[0] not in found:
                found[split[0]] = (split[1], start)
        return found

    @cached_property
    def _values(self) -> dict[str, tuple[Scalar | None, str]]:
        return {}

    def _parsed(self, keyword: str) -> tuple[Scalar | None, str]:
        parsed = self._values.get(keyword)
        if parsed is None:
            field, start = self._fields.get(keyword, ("", -1))
            parsed = parse_value(field)
            if isinstance(parsed[0], str) and parsed[0].endswith("&"):
                parsed = (self._continued(parsed[0], start), parsed[1])
            self._values[keyword] = parsed
        return parsed

    def _continued(self, text: str, start: int) -> str:
        """A long string (FITS 4.0, section 4.2.1.2)."""
        position = start + CARD
        while text.endswith("&") and self.cards[position : position + 8] == "CONTINUE":
            more, _ = parse_value(self.cards[position + 8 : position + CARD])
            if not isinstance(more, str):
                break
            text, position = text[:-1] + more, position + CARD
        return text

    @staticmethod
    def _key(keyword: str) -> str:
        return keyword.upper().removeprefix("HIERARCH ")

    @cached_property
    def _present(self) -> set[str]:
        return self._fields.keys() | self.overlay.keys()

    def get(self, keyword: str, default: Any = None) -> Any:  # noqa: ANN401  # as `Mapping.get`
        """The value, or the default; most of what rules ask for is not there, and that must cost nothing."""
        if keyword not in self._present:
            if keyword.isupper() and not keyword.startswith("HIERARCH "):
                return default
            keyword = self._key(keyword)
        if keyword in self.overlay:
            return self.overlay[keyword].value
        value = self._parsed(keyword)[0] if keyword in self._fields else None
        return default if value is None else value

    def __getitem__(self, keyword: str) -> Scalar:
        key = self._key(keyword)
        if key in self.overlay:
            return self.overlay[key].value
        value = self._parsed(key)[0]
        if value is None:
            raise KeyError(keyword)
        return value

    def __contains__(self, keyword: object) -> bool:
        return isinstance(keyword, str) and (self._key(keyword) in self.overlay or self._key(keyword) in self._fields)

    def __iter__(self) -> Iterator[str]:
        yield from self._fields
        yield from (k for k in self.overlay if k not in self._fields)

    def __len__(self) -> int:
        return len(self._fields.keys() | self.overlay.keys())

    def comment(self, keyword: str) -> str:
        """The card's comment, or an empty text."""
        return self._parsed(self._key(keyword))[1]

    def text(self, keyword: str) -> str | None:
        """The value as text; None where the card is missing or says that there is nothing."""
        value = self.get(keyword)
        if value is None or isinstance(value, bool):
            return None
        text = str(value).strip()
        return None if text.lower() in NOTHING else text

    def number(self, keyword: str) -> float | None:
        """The value as a finite number, also from a quoted one (``'30.0'``, ``'30 s'``)."""
        value = self.get(keyword)
        if value is None or isinstance(value, bool):
            return None
        if isinstance(value, str):
            match = _LEADING_REAL.match(value)
            rest = value[match.end() :].strip() if match else "?"
            return parse_real(match[1]) if match and (not rest or rest[0].isalpha() or rest[0] in "[(") else None
        return float(value) if math.isfinite(value) and abs(value) < 1e300 else None

    def integer(self, keyword: str, default: int = 0) -> int:
        """The value as a whole number, else the default."""
        value = self.number(keyword)
        return int(value) if value is not None and value == int(value) and abs(value) < 2**63 else default

    def flag(self, keyword: str) -> bool:
        """Whether the value is true."""
        return self.get(keyword) in (True, "T", "TRUE", "True", "true", "YES", "Yes", "yes")

    def lines(self, keyword: str) -> list[str]:
        """The texts of all COMMENT or HISTORY cards."""
        start = keyword.ljust(8)
        cards = (self.cards[i : i + CARD] for i in range(0, len(self.cards), CARD))
        return [card[8:].rstrip() for card in cards if card.startswith(start)]

    def select(self, belongs: Callable[[str], bool]) -> str:
        """The cards whose keyword belongs, as they stand, overlaid values included."""
        cards = [
            self.cards[start : start + CARD]
            for key, (_, start) in self._fields.items()
            if key not in self.overlay and belongs(key)
        ]
        cards += [write_card(k, a.value) for k, a in self.overlay.items() if belongs(k)]
        return "".join(cards)


def write_card(keyword: str, value: Scalar) -> str:
    """One card in fixed format (FITS 4.0, section 4.2)."""
    if isinstance(value, bool):
        field = ("T" if value else "F").rjust(20)
    elif isinstance(value, str):
        field = "'" + value.replace("'", "''").ljust(8) + "'"
    else:
        field = repr(value).upper().rjust(20)
    return f"{keyword[:8]:8}= {field}"[:CARD].ljust(CARD)
