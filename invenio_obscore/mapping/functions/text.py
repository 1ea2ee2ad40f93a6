"""Functions on texts. Patterns are RE2's: their time grows with the text only, whatever they say."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from typing import Any

import re2

from ...errors import MappingError
from ..values import MAX_LIST, MAX_TEXT, problem, text_of
from .registry import Group

GROUP = Group("Texts")
MAX_PATTERN = 500


@GROUP.add("split('NGC 4486 r', ' ')[1]", "4486")
def split(text: str, separator: str = "", most: int = 0) -> list[str]:
    """The pieces of a text between separators (blanks if none is given), at most ``most`` splits."""
    pieces = text.split(separator or None, most if most > 0 else MAX_LIST + 1)
    if len(pieces) > MAX_LIST:
        raise problem(f"more than {MAX_LIST} pieces")
    return pieces


@GROUP.add("lower('SPECTRUM')", "spectrum")
def lower(text: str) -> str:
    """The text in small letters."""
    return text.lower()


@GROUP.add("upper('lamost')", "LAMOST")
def upper(text: str) -> str:
    """The text in capitals."""
    return text.upper()


@GROUP.add("title('whirlpool galaxy')", "Whirlpool Galaxy")
def title(text: str) -> str:
    """The text with a capital at the beginning of each word."""
    return text.title()


@GROUP.add("strip('  M 31 ')", "M 31")
def strip(text: str, characters: str = "") -> str:
    """The text without blanks (or the given characters) at both ends."""
    return text.strip(characters or None)


@GROUP.add("squeeze('NGC    4486')", "NGC 4486")
def squeeze(text: str) -> str:
    """The text with each run of blanks made one, and none at the ends."""
    return " ".join(text.split())


@GROUP.add("replace('NGC_4486', '_', ' ')", "NGC 4486")
def replace(text: str, old: str, new: str) -> str:
    """The text with each ``old`` replaced by ``new`` (both plain; ``substitute`` takes a pattern)."""
    _bound(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


@GROUP.add("concat('NGC', ' ', 4486)", "NGC 4486")
def concat(*parts: str) -> str:
    """All the values as one text; no value where one of them has none (``join`` skips it)."""
    _bound(sum(map(len, parts)))
    return "".join(parts)


@GROUP.add("join('-', 'HST', NOSUCH, 'ACS')", "HST-ACS", sees_nothing=True)
def join(separator: str, *parts: object) -> str | None:
    """The values that there are, with the separator between them; a list's values count one by one."""
    flat = [item for part in parts for item in (part if isinstance(part, list) else [part])]
    texts = [text_of(item) for item in flat if item is not None]
    separator = separator or ""
    _bound(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts) if texts else None


@GROUP.add("length('M 31')", "4")
def length(value: object) -> int:
    """How many characters a text has, or how many values a list."""
    return len(value) if isinstance(value, list) else len(text_of(value))


@GROUP.add("before('m31_R_0012.fits', '_')", "m31")
def before(text: str, separator: str) -> str | None:
    """What stands before the first separator; no value where there is none."""
    head, found, _ = text.partition(separator) if separator else ("", "", "")
    return head if found else None


@GROUP.add("after('m31_R_0012.fits', '_')", "R_0012.fits")
def after(text: str, separator: str) -> str | None:
    """What stands after the first separator; no value where there is none."""
    _, found, tail = text.partition(separator) if separator else ("", "", "")
    return tail if found else None


@GROUP.add("between('ngc4486[sky].fits', '[', ']')", "sky")
def between(text: str, opening: str, closing: str) -> str | None:
    """What stands between the first ``opening`` and the ``closing`` after it."""
    rest = after(text, opening)
    return before(rest, closing) if rest is not None else None


@GROUP.add("startswith('HD 209458', 'HD')", "true")
def startswith(text: str, *beginnings: str) -> bool:
    """Whether the text begins with one of the others."""
    return text.startswith(beginnings)


@GROUP.add("endswith('a_flat.fits', '_flat.fits')", "true")
def endswith(text: str, *endings: str) -> bool:
    """Whether the text ends with one of the others."""
    return text.endswith(endings)


@GROUP.add("contains('Johnson V', 'v')", "true")
def contains(text: str, *parts: str) -> bool:
    """Whether one of the others occurs in the text; capitals do not count."""
    return any(part.lower() in text.lower() for part in parts)


@GROUP.add("removeprefix('spec-0266', 'spec-')", "0266")
def removeprefix(text: str, prefix: str) -> str:
    """The text without that beginning, if it has it."""
    return text.removeprefix(prefix)


@GROUP.add("removesuffix('m31.fits', '.fits')", "m31")
def removesuffix(text: str, suffix: str) -> str:
    """The text without that ending, if it has it."""
    return text.removesuffix(suffix)


@GROUP.add("pad(266, 4)", "0266")
def pad(value: str, width: int, fill: str = "0") -> str:
    """The value filled from the left to a width, with zeros unless another character is given."""
    _bound(width)
    if len(fill) != 1:
        raise problem("the filling is one character")
    return value.rjust(width, fill)


@GROUP.add("basename('data/night1/m31.fits')", "m31.fits")
def basename(path: str) -> str:
    """The last piece of a path."""
    return posixpath.basename(path)


@GROUP.add("dirname('data/night1/m31.fits')", "data/night1")
def dirname(path: str) -> str:
    """The path without its last piece."""
    return posixpath.dirname(path)


@GROUP.add("stem('data/m31.fits.gz')", "m31")
def stem(path: str) -> str:
    """The last piece of a path without the endings of FITS files and their compressions."""
    return re.sub(r"(?i)(\.(fits|fit|fts|fz|gz|bz2|xz|z))+$", "", posixpath.basename(path)[:MAX_TEXT])


@GROUP.add("match('spec-0266-51602-0001.fits', 'spec-(\\d+)-(\\d+)', 2)", "51602")
def match(text: str, pattern: str, group: int | None = None) -> str | None:
    """What a pattern finds first: its group of that number, else its first group, else all; no value if nothing."""
    found = _pattern(pattern).search(text)
    if not found:
        return None
    which = group if group is not None else min(1, found.re.groups)
    if not 0 <= which <= found.re.groups:
        raise problem(f"the pattern has {found.re.groups} groups", remedy="a group stands between parentheses")
    return found[which]


@GROUP.add("matches('NGC 4486', '^(NGC|IC) ?\\d+$')", "true")
def matches(text: str, pattern: str) -> bool:
    """Whether a pattern occurs in the text."""
    return _pattern(pattern).search(text) is not None


@GROUP.add("findall('obs1_obs22', '\\d+')[1]", "22")
def findall(text: str, pattern: str) -> list[str]:
    """Everything that a pattern finds: its first group where it has one."""
    found: list[str] = []
    for hit in _pattern(pattern).finditer(text):
        found.append(hit[min(1, hit.re.groups)] or "")
        if len(found) > MAX_LIST:
            raise problem(f"more than {MAX_LIST} matches")
    return found


@GROUP.add("substitute('NGC4486', '([A-Z]+)(\\d+)', '\\1 \\2')", "NGC 4486")
def substitute(text: str, pattern: str, new: str) -> str:
    """The text with everything that a pattern finds replaced; ``\\1`` in the new text is the first group."""
    compiled = _pattern(pattern)
    count = sum(1 for _ in compiled.finditer(text))
    _bound(count * (len(new) + new.count("\\") * len(text)))
    return compiled.sub(new, text)


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> Any:  # noqa: ANN401  # re2 has no types
    if len(pattern) > MAX_PATTERN:
        raise problem(f"a pattern of more than {MAX_PATTERN} characters")
    options = re2.Options()
    options.max_mem = 1 << 20
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise MappingError(f"{pattern[:60]!r} is no pattern: {reason[:100]}") from None


def _bound(length_: int) -> None:
    if length_ > MAX_TEXT:
        raise problem(f"a text of {length_} characters; {MAX_TEXT} are the limit")
