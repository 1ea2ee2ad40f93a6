"""For people: plain text in columns, and an HTML table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from ..errors import ObsCoreError
from ..obscore.fields import Row
from .encoders import cell_text, xml_text
from .meta import Meta
from .source import Source, primed

_SPACE = re.compile(r"\s+")
#: No column of plain text is wider; a longer value pushes the rest of its line to the right.
_WIDEST = 40
_OVERFLOW = "There are more rows than MAXREC let through"


def text(source: Source, meta: Meta) -> Iterator[bytes]:
    """Write lines whose columns are as wide as the first rows need."""
    batches = primed(source.values())
    first = next(batches, ())
    lines = [[field.name for field in source.fields], *_cells(source, first)]
    widths = [min(max(map(len, column)), _WIDEST) for column in zip(*lines)]
    rule = ["-" * width for width in widths]
    yield _aligned([lines[0], rule, *lines[1:]], widths)
    try:
        for batch in batches:
            yield _aligned(_cells(source, batch), widths)
        end = _OVERFLOW if source.overflow else ""
    except ObsCoreError as error:
        end = f"ERROR: {error}"
    if end:
        yield f"# {end}\n".encode()


def _cells(source: Source, rows: Sequence[Row]) -> list[list[str]]:
    return [
        [_SPACE.sub(" ", xml_text(cell_text(field, value))) for field, value in zip(source.fields, row)] for row in rows
    ]


def _aligned(lines: list[list[str]], widths: list[int]) -> bytes:
    return "".join(
        " ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() + "\n" for line in lines
    ).encode("utf-8", "replace")


_HTML_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Query result</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:14px sans-serif}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.2em .5em;
text-align:left;vertical-align:top}pre{white-space:pre-wrap}</style></head><body><main><h1>Query result</h1>
"""


def html(source: Source, meta: Meta) -> Iterator[bytes]:
    """Write a page with a table; addresses are links."""
    batches = primed(source.values())
    query = next((info.value for info in meta.infos if info.name.upper() == "QUERY"), "")
    heads = "".join(
        f'<th scope="col" title="{escape(field.description)}">{escape(field.name)}'
        + (f" <small>[{escape(field.unit)}]</small>" if field.unit else "")
        + "</th>"
        for field in source.fields
    )
    yield f"{_HTML_HEAD}<pre>{escape(xml_text(query))}</pre><table><thead><tr>{heads}</tr></thead><tbody>\n".encode()
    try:
        for batch in batches:
            yield "".join(map(_html_row, _cells(source, batch))).encode("utf-8", "replace")
        end = _OVERFLOW if source.overflow else ""
    except ObsCoreError as error:
        end = str(error)
    note = f'<p role="status">{escape(xml_text(end))}</p>' if end else ""
    yield f"</tbody></table>{note}</main></body></html>\n".encode("utf-8", "replace")


def _html_row(cells: list[str]) -> str:
    return "<tr>" + "".join(f"<td>{_html_cell(cell)}</td>" for cell in cells) + "</tr>\n"


def _html_cell(cell: str) -> str:
    shown = escape(cell)
    if not cell.startswith(("https://", "http://")):
        return shown
    return f'<a href="{shown}" rel="noopener noreferrer">{shown}</a>'
