"""What the page for people shows; all of it works without JavaScript."""

from __future__ import annotations

from dataclasses import dataclass

from ..dali.parameters import Parameters
from ..errors import InputError
from ..formats import FORMATS
from .examples import EXAMPLES

_LABELS = {
    "html": "a table here",
    "csv": "CSV",
    "votable": "VOTable",
    "fits": "FITS",
    "json": "JSON",
    "parquet": "Parquet",
    "tsv": "TSV",
    "text": "plain text",
}

# Of a line with an error: so many characters before it, so many in all.
_BEFORE, _SHOWN = 60, 120


def format_choices() -> list[tuple[str, str]]:
    """Short names and labels of the formats that the form offers."""
    known = {format_.names[0] for format_ in FORMATS}
    return [(name, label) for name, label in _LABELS.items() if name in known]


def chosen_query(parameters: Parameters) -> str:
    """What stands in the form: a query that was asked to be shown, an example, or the first example."""
    query = parameters.one("QUERY")
    if query:
        return query
    wanted = parameters.one("example")
    return next((example.query for example in EXAMPLES if example.ident == wanted), EXAMPLES[0].query)


def python_script(base_url: str, parameters: Parameters) -> str:
    """The query as pyvo runs it; empty where none was sent."""
    query = parameters.one("QUERY")
    if not query:
        return ""
    maxrec = parameters.whole_number("MAXREC")
    limit = "" if maxrec is None else f", maxrec={maxrec}"
    return (
        f"import pyvo\n\nservice = pyvo.dal.TAPService({base_url!r})\n"
        f"query = {_literal(query)}\ntable = service.search(query{limit}).to_table()\nprint(table)\n"
    )


@dataclass(frozen=True)
class Problem:
    """Why a query cannot run: the message, the line of the query that is at fault, and a mark below its place."""

    message: str
    remedy: str = ""
    line: str = ""
    mark: str = ""

    @classmethod
    def of(cls, error: InputError, parameters: Parameters) -> Problem:
        """What an error says, with its place where it has one."""
        number, column = getattr(error, "line", 0), getattr(error, "column", 0)
        lines = (parameters.one("QUERY") or "").replace("\r\n", "\n").split("\n")
        message = str(error).removesuffix(f" ({error.remedy})") if error.remedy else str(error)
        if not 0 < number <= len(lines):
            return cls(message, error.remedy)
        start = max(0, column - _BEFORE)
        shown = lines[number - 1][start : start + _SHOWN]
        return cls(message, error.remedy, shown, " " * (column - 1 - start) + "^")


def _literal(query: str) -> str:
    text = query.replace("\r\n", "\n")
    # A text in triple quotes reads best, and is the same text only without these.
    return repr(text) if "\\" in text or '"' in text else f'"""{text}"""'
