"""The library's front door: the steps from a file to its rows, in their one order.

cards → keyword mapping as an overlay → extraction → column mapping ``:`` (where there is no value) → accepted curation
(empty cells only) → column mapping ``:=`` → corrections. A row is a function of what was read and these, so it can be
made again at any time without the file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from .batch import Outcome, run
from .errors import ColumnError, FitsError
from .extraction import extract as extract_products
from .extraction.evidence import Evidence, Problem, Product
from .extraction.instruments import from_file
from .extraction.plausibility import look_again
from .extraction.rules import Instrument
from .fits.containers import read_any as read_headers
from .fits.limits import Limits
from .fits.reading import Readable, Reading
from .fits.sources import Location, Source, find
from .obscore.columns import ALL_COLUMNS, SYSTEM_COLUMNS
from .obscore.row import coerce
from .obscore.validation import unpublishable
from .response import Response

if TYPE_CHECKING:
    from .mapping import Mapping as ColumnMapping

#: Corrections of one file: product (``"<member>#<key>"``, ``""`` for the only one) → column → value, None empties it.
#: An accepted proposal stands there as ``{"value", "source", "detail", "raw"}``.
Corrections = Mapping[str, Mapping[str, Any]]


class Accepted(Protocol):
    """What somebody accepted of curation: fills empty cells of a product."""

    def accept(self, product: Product) -> None:
        """Fill what is empty."""


def read(
    source: Readable | BinaryIO, *, name: str = "", size: int | None = None, limits: Limits | None = None
) -> Reading:
    """Read the headers of one file, or of an archive's members (`fits.containers.read_any`), in this process.

    Uploads go through `fits.child.ReaderProcess`.
    """
    return read_headers(source, name=name, size=size, limits=limits)


def address(product: Product) -> str:
    """What names a product among those of its file: ``"<member>#<key>"``, or an empty text for the only one."""
    return f"{product.member}#{product.key}" if product.member or product.key else ""


def products(
    reading: Reading,
    *,
    mapping: ColumnMapping | None = None,
    accepted: Iterable[Accepted] = (),
    corrections: Corrections | None = None,
    system: frozenset[str] = frozenset(),
    instruments: Sequence[Instrument] = (),
) -> list[Product]:
    """The data products of what was read from one file.

    Parameters
    ----------
    reading
        Of the file, or of an archive with its members.
    mapping
        A parsed mapping file.
    accepted
        Curation that somebody accepted.
    corrections
        The depositor's, by product (`address`); they have the last word.
    system
        Columns that corrections may not set (`obscore.columns.SYSTEM_COLUMNS` on a server).
    instruments
        A user's own tables of rules.

    Raises
    ------
    ColumnError
        A correction names a column that does not exist or is the server's, or its value does not fit.
    """
    overlaid = mapping.overlay(reading) if mapping else reading
    found = extract_products(overlaid, instruments=instruments)
    members = {member.member: member for member in overlaid.members}
    accepted = list(accepted)
    for product in found:
        of = members.get(product.member, overlaid)
        if mapping:
            mapping.fill(product, of)
        for item in accepted:
            item.accept(product)
        if mapping:
            mapping.force(product, of)
            look_again(product, {name for name, said in product.evidence.items() if said.source == "mapping"})
    correct(found, corrections or {}, system=system)
    return found


def _leave_out(product: Product, changed: Collection[str] | None = None) -> None:
    """Empty what breaks the standard, whoever set it, and say so: such a row must reach no table."""
    for violation in list(unpublishable(product.row, changed)):
        message = f"{violation.message[:400]}; the value is left out"
        product.row[violation.column] = None
        product.evidence.pop(violation.column, None)
        product.problems.append(Problem("attention", "against-standard", message, column=violation.column))


def correct(
    found: Sequence[Product],
    corrections: Corrections,
    *,
    system: frozenset[str] = SYSTEM_COLUMNS,
    checked: bool = False,
) -> None:
    """Apply a depositor's corrections to the products of one file.

    A correction of a product that the file does not have (any more) becomes a problem of its first product; what
    breaks the standard, whoever set it, is left out with a problem.

    Parameters
    ----------
    checked
        Whether the products came through `products`: only what is corrected may break the standard then.

    Raises
    ------
    ColumnError
        See `products`.
    """
    by_address = {address(product): product for product in found}
    for name, values in corrections.items():
        product = by_address.get(name)
        if product is None and name in ("", "#") and len(found) == 1:
            product = found[0]
        if product is None:
            _report_orphan(found, name)
            continue
        for column, value in values.items():
            _correct(product, column, value, system)
        look_again(product, values.keys())
    changed = {column for values in corrections.values() for column in values} if checked else None
    for product in found:
        _leave_out(product, changed)


def _report_orphan(found: Sequence[Product], name: str) -> None:
    if found:
        message = f"corrections for the product {name!r} have no effect: the file has no such product"
        found[0].problems.append(Problem("attention", "correction-orphaned", message))


def _correct(product: Product, column: str, value: Any, system: frozenset[str]) -> None:  # noqa: ANN401
    if column not in ALL_COLUMNS:
        raise ColumnError(f"{column!r} is no column of ObsCore", column=column)
    if column in system:
        raise ColumnError(f"{column} is set by the server and cannot be corrected", column=column)
    if isinstance(value, Mapping):
        _accept(product, column, value)
        return
    coerced = coerce(ALL_COLUMNS[column], value)
    product.set(column, coerced, Evidence(column, "depositor", "emptied" if coerced is None else "correction"))
    product.problems = [p for p in product.problems if p.column != column]


def _accept(product: Product, column: str, proposal: Mapping[str, Any]) -> None:
    """A proposal of an outside service that the depositor accepted (`curation.Proposal`): it fills an empty cell."""
    source = proposal["source"]
    if source not in ("simbad", "svo"):
        raise ColumnError(f"{column}: {str(source)[:40]!r} proposes nothing", column=column)
    evidence = Evidence(column, source, proposal.get("detail", ""), raw=proposal.get("raw", ""))
    if product.fill(column, coerce(ALL_COLUMNS[column], proposal["value"]), evidence):
        product.problems = [p for p in product.problems if p.column != column]


def extract(
    paths: Location | Iterable[Location],
    mapping: ColumnMapping | str | os.PathLike[str] | None = None,
    *,
    jobs: int = 1,
    resume: str | os.PathLike[str] | None = None,
    progress: Callable[[Source], None] | None = None,
    limits: Limits | None = None,
    instruments: str | os.PathLike[str] | None = None,
) -> Response:
    """ObsCore rows of FITS files.

    Parameters
    ----------
    paths
        Files, directories (with all below), globs, ZIP and tar archives, open streams; one or several.
    mapping
        A mapping file's path, or a parsed mapping.
    jobs
        Processes that work at the same time, beside this one: none that a file ends is the caller's.
    resume
        A journal of finished files: those that it has are not read again, new ones are added to it.
    progress
        Called after each file.
    limits
        Bounds of reading one file.
    instruments
        A Python file with rules of one's own (``INSTRUMENTS``); it is run.

    Raises
    ------
    InputError
        A path does not exist.
    MappingError
        The mapping cannot be parsed.
    """
    parsed = _parsed(mapping)
    work = _FileWork(parsed, limits or Limits(), instruments)
    response = Response()
    settings = (parsed.text if parsed else "") + (Path(instruments).read_text("utf-8") if instruments else "")
    patience = _STARTING_SECONDS + 3 * work.limits.seconds
    for source, outcome in run(find(paths), work, jobs=jobs, patience=patience, journal=resume, settings=settings):
        # What is kept names the file, and holds no stream of it.
        origin = Source(source.name, source.path, source.size, source.uri, source.member)
        response.products += [(origin, product) for product in outcome.products]
        if outcome.failure is not None:
            response.failures.append((origin, outcome.failure))
        if progress:
            progress(source)
    return response


def _parsed(mapping: ColumnMapping | str | os.PathLike[str] | None) -> ColumnMapping | None:
    if mapping is None or not isinstance(mapping, (str, os.PathLike)):
        return mapping
    from .mapping import parse

    with open(mapping, "rb") as file:
        return parse(file.read())


#: A worker that cannot be forked imports astropy before its first file.
_STARTING_SECONDS = 60.0


@lru_cache(maxsize=8)
def _own_instruments(path: str) -> tuple[Instrument, ...]:
    """A user's rules, read once in each process."""
    return from_file(path)


class _FileWork:
    """What is done with one file, in this or another process."""

    def __init__(
        self, mapping: ColumnMapping | None, limits: Limits, instruments: str | os.PathLike[str] | None = None
    ) -> None:
        self.mapping, self.limits, self.instruments = mapping, limits, instruments

    def read(self, source: Source) -> Reading | Outcome:
        """See `batch.Work.read`."""
        try:
            return read(source, limits=self.limits)
        except FitsError as error:
            return Outcome(failure=Problem("error", _code(error), error.message, hdu=error.hdu))
        except OSError as error:
            return Outcome(failure=Problem("error", "unreadable", f"the file cannot be read: {error}"))

    def __call__(self, item: tuple[Source, Reading | None]) -> Outcome:
        """See `batch.Work`."""
        source, reading = item
        found = reading or self.read(source)
        if isinstance(found, Outcome):
            return found
        own = _own_instruments(os.fspath(self.instruments)) if self.instruments else ()
        made = products(found, mapping=self.mapping, instruments=own)
        for product in made:
            product.fill("access_url", source.uri, Evidence("access_url", "file", "address of the file"))
            stem = os.path.basename(source.member or source.name).split(".")[0]
            product.fill("obs_id", stem, Evidence("obs_id", "file", "file name without its endings"))
        return Outcome(made)


_CODES = {"NotFitsError": "not-fits", "TruncatedFitsError": "truncated", "FitsLimitError": "limit"}


def _code(error: FitsError) -> str:
    return _CODES.get(type(error).__name__, "unreadable")
