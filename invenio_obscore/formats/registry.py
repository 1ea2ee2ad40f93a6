"""The formats that can be asked for, and how RESPONSEFORMAT names them (DALI 1.1, section 3.4.3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from ..errors import ParameterError
from . import fitstable, jsonrows, parquet, plain, separated, votable
from .meta import Meta
from .source import Source, Wire

_VOTABLE = "application/x-votable+xml"
_TAPREGEXT = "ivo://ivoa.net/std/TAPRegExt#output-votable-"


@dataclass(frozen=True)
class Format:
    """One way to write a result.

    Attributes
    ----------
    content_type
        Media type as it is declared and sent.
    names
        The short forms and the other media types that mean this format.
    suffix
        Of a file with such content.
    ivo_id
        TAPRegExt 1.0's identifier of the format; empty where there is none.
    """

    content_type: str
    names: tuple[str, ...]
    suffix: str
    write: Callable[[Source, Meta], Iterator[bytes]]
    ivo_id: str = ""
    answered_as: str = ""

    def stream(self, source: Source, meta: Meta | None = None) -> Iterator[bytes]:
        """Write a result piece by piece; the first error of a query is raised before the first piece."""
        return self.write(source, meta or Meta())

    @property
    def media_type(self) -> str:
        """What the answer's Content-Type says: the media type that was asked for, or the format's own.

        Text says that it is UTF-8: many clients take text without a charset for Latin-1. XML says so itself.
        """
        kind = self.answered_as or self.content_type
        bare = kind.lower().startswith("text/") and not kind.lower().startswith("text/xml") and "charset" not in kind
        return f"{kind};charset=utf-8" if bare else kind


def _votable(wire: Wire, short: str, ivo: str, *names: str) -> Format:
    return Format(
        f"{_VOTABLE};serialization={wire.name}",
        (short, *names),
        ".vot",
        partial(votable.stream, wire=wire),
        _TAPREGEXT + ivo,
    )


#: In the order in which they are declared; the first one is the default.
FORMATS: tuple[Format, ...] = (
    _votable(Wire.BINARY2, "votable", "binary2", "votable/b2", _VOTABLE, "text/xml", "application/xml"),
    _votable(Wire.TABLEDATA, "votable/td", "td"),
    _votable(Wire.BINARY, "votable/b", "binary"),
    Format("text/csv;header=present", ("csv", "text/csv"), ".csv", partial(separated.stream, wire=Wire.CSV)),
    Format("text/tab-separated-values", ("tsv",), ".tsv", partial(separated.stream, wire=Wire.TSV)),
    Format("application/fits", ("fits",), ".fits", fitstable.stream),
    Format("application/json", ("json",), ".json", jsonrows.stream),
    *(
        [Format("application/vnd.apache.parquet", ("parquet", "application/parquet"), ".parquet", parquet.stream)]
        if parquet.available()
        else []
    ),
    Format("text/plain;charset=utf-8", ("text", "txt", "text/plain"), ".txt", plain.text),
    Format("text/html;charset=utf-8", ("html", "text/html"), ".html", plain.html),
)


def _key(name: str) -> str:
    """Media types without case, blanks and parameters; only VOTable's serialisation counts."""
    kind, _, rest = name.partition(";")
    parameters = dict(part.replace(" ", "").lower().partition("=")[::2] for part in rest.split(";"))
    serialization = parameters.get("serialization", "").strip('"')
    kind = kind.strip().lower()
    return f"{kind};{serialization}" if serialization and kind in (_VOTABLE, "text/xml") else kind


_KNOWN = {_key(name): format_ for format_ in FORMATS for name in (format_.content_type, *format_.names)}
_KNOWN |= {f"text/xml;{wire.name.lower()}": _KNOWN[f"{_VOTABLE};{wire.name.lower()}"]
           for wire in (Wire.BINARY2, Wire.BINARY, Wire.TABLEDATA)}  # fmt: skip


def for_responseformat(text: str | None) -> Format:
    """Return the format that a RESPONSEFORMAT names; without one, the default.

    Raises
    ------
    ParameterError
        Nothing here writes such a format.
    """
    if not text or not text.strip():
        return FORMATS[0]
    found = _KNOWN.get(_key(text))
    if found is None:
        short = ", ".join(format_.names[0] for format_ in FORMATS)
        raise ParameterError(
            f"RESPONSEFORMAT {text[:80]!r} is not supported", parameter="RESPONSEFORMAT", remedy=f"use one of {short}"
        )
    if "/" in text.partition(";")[0] and not text.startswith("votable/"):
        return _answered_as(found, text)
    return found


def _answered_as(format_: Format, text: str) -> Format:
    """The same format under the media type that was asked for, but for what the answer is not."""
    clean = "".join(c for c in text.strip() if c.isascii() and c.isprintable())
    for name, true in (("header", "present"), ("charset", "utf-8")):
        clean = re.sub(rf";\s*{name}\s*=(?!\s*{true}\s*(?:;|$))[^;]*", "", clean, flags=re.IGNORECASE)
    return replace(format_, answered_as=clean) if clean.lower() != format_.content_type else format_
