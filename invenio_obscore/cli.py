"""The command ``obscore``: the library from a shell.

Exit status: 0 all went well; 1 a file gave no row, or a table breaks the standard; 2 the call or its input is wrong;
130 interrupted.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from tqdm import tqdm

from . import __version__
from .errors import MappingError, ObsCoreError
from .extraction.evidence import Problem, Product
from .fits.sources import Source, find
from .mapping import BUILT_IN, Function, Mapping, check, from_file, installed
from .obscore.regions import Region
from .obscore.validation import validate as validate_row
from .pipeline import extract as extract_products
from .response import FileProblem, Response, display_name
from .tables import apply_mapping, as_csv, check_place, load_mapping, load_table, products_of, put_back, rows_of, write

if TYPE_CHECKING:
    from .curation import Curator

#: Characters that are shown on either side of an error.
_WIDTH = 60
DONE, INCOMPLETE, WRONG, INTERRUPTED = 0, 1, 2, 130
Command = TypeVar("Command", bound=Callable[..., Any])

_existing = click.Path(exists=True, dir_okay=False)


def _reporting_errors(command: Command) -> Command:
    """The command with the product's errors as messages and exit status 2."""

    def run(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        try:
            return command(*arguments, **options)
        except ObsCoreError as error:
            click.echo(f"obscore: {error}", err=True)
            sys.exit(WRONG)

    return update_wrapper(run, command)  # type: ignore[return-value]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="obscore")
def main() -> None:
    """FITS files in, ObsCore rows out, each value with its evidence."""


# -- options that several commands share -----------------------------------------------------------------------------
def _mapping_options(command: Command) -> Command:
    command = click.option("--functions", "functions_file", type=_existing, help="Python file with own functions.")(
        command
    )
    return click.option("-m", "--mapping", "mapping_file", type=_existing, help="Mapping file.")(command)


def _functions(path: str | None) -> tuple[Function, ...]:
    return from_file(path) if path else ()


def _mapping(path: str | None, functions_file: str | None) -> Mapping | None:
    """The mapping file, parsed; all that is wrong in it is shown, and ends the command."""
    if path is None:
        return None
    functions = _functions(functions_file)
    try:
        return load_mapping(path, functions=functions)
    except MappingError:
        text = Path(path).read_bytes()
        lines = text.decode("utf-8", "replace").split("\n")
        for error in check(text, functions=functions):
            click.echo("\n".join([f"obscore: {path}: {error}", *_pointed(lines, error)]), err=True)
        sys.exit(WRONG)


def _pointed(lines: list[str], error: MappingError) -> list[str]:
    """The line of an error, and a caret below the place."""
    if not 0 < error.line <= len(lines) or not error.column:
        return []
    begin = max(0, error.column - _WIDTH)
    shown = "".join(c if c.isprintable() else " " for c in lines[error.line - 1].rstrip()[begin : begin + 2 * _WIDTH])
    return [f"    {shown}", " " * (4 + error.column - 1 - begin) + "^"]


def _curator() -> Curator:
    from .curation import Curator  # pyvo takes a second to import, which the other commands need not wait

    return Curator()


# -- extract ---------------------------------------------------------------------------------------------------------
@main.command()
@click.argument("paths", nargs=-1, required=True)
@_mapping_options
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False), help="Table: .csv .vot .parquet .fits .ecsv .json .tsv."
)
@click.option("-j", "--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes.")
@click.option("--instruments", type=_existing, help="Python file with own rules (INSTRUMENTS).")
@click.option("--curate", "with_curation", is_flag=True, help="Ask Simbad and SVO about what headers leave out.")
@click.option("--resume", is_flag=True, help="Go on after an interruption; files that are done are not read again.")
@click.option("--evidence", type=click.Path(dir_okay=False), help="Where each value comes from: a JSON line a row.")
@click.option("-v", "--verbose", is_flag=True, help="Show every problem, not only files without a row.")
@_reporting_errors
def extract(
    paths: tuple[str, ...],
    mapping_file: str | None,
    functions_file: str | None,
    output: str | None,
    jobs: int,
    instruments: str | None,
    with_curation: bool,
    resume: bool,
    evidence: str | None,
    verbose: bool,
) -> None:
    """Make an ObsCore table of FITS files.

    PATHS are files, directories (with all below), globs, ZIP and tar archives. Without -o the table goes to standard
    output as CSV.
    """
    if resume and not output:
        raise click.UsageError("--resume needs -o: what is done is noted beside the table")
    if output:
        check_place(output)
    mapping = _mapping(mapping_file, functions_file)
    journal = _journal(output, mapping)
    if journal and not resume:
        journal.unlink(missing_ok=True)
    response = _extracted(paths, mapping, jobs, journal, instruments)
    if with_curation:
        click.echo(response.curate_with(_curator()), err=True)
    _write(response, output)
    if evidence:
        _write_evidence(response, Path(evidence))
    if journal:
        journal.unlink(missing_ok=True)
    _summarise(response, verbose=verbose)
    sys.exit(INCOMPLETE if response.failures else DONE)


def _journal(output: str | None, mapping: Mapping | None) -> Path | None:
    """Where finished files are noted: beside the table, another for each mapping."""
    if output is None:
        return None
    digest = hashlib.sha256(mapping.text.encode() if mapping else b"").hexdigest()[:8]
    target = Path(output)
    return target.with_name(f".{target.name}.{digest}.unfinished")


def _extracted(
    paths: tuple[str, ...], mapping: Mapping | None, jobs: int, journal: Path | None, instruments: str | None
) -> Response:
    with _progress(paths) as step:
        try:
            return extract_products(paths, mapping, jobs=jobs, resume=journal, progress=step, instruments=instruments)
        except KeyboardInterrupt:
            advice = "; --resume goes on from here" if journal else ""
            click.echo(f"\nobscore: interrupted{advice}", err=True)
            sys.exit(INTERRUPTED)


def _progress(paths: tuple[str, ...]) -> AbstractContextManager[Callable[[Source], None] | None]:
    """What to call after each file or member: a bar on a terminal, nothing else."""
    return _Bar(paths) if sys.stderr.isatty() else nullcontext()


class _Bar:
    """A progress bar over files and members of archives, which are counted beforehand.

    The members of a compressed tar archive are counted as they come: it is not read through twice.
    """

    def __init__(self, paths: tuple[str, ...]) -> None:
        total = sum(1 for _ in find(paths, inflate=False))
        tqdm.monitor_interval = 0  # no thread of its own: workers can be forked then
        self._bar = tqdm(total=total, unit="file", file=sys.stderr)
        self._inflated: set[str] = set()

    def __enter__(self) -> Callable[[Source], None]:
        return self._step

    def _step(self, source: Source) -> None:
        if source.member and not source.portable:
            self._bar.total += source.path in self._inflated
            self._inflated.add(source.path)
        self._bar.set_postfix_str(source.name[-30:], refresh=False)
        self._bar.update()

    def __exit__(self, *_: object) -> None:
        self._bar.close()


def _write(response: Response, output: str | None) -> None:
    if output:
        response.write(output)
        return
    for part in as_csv(response):
        click.echo(part, nl=False)


def _plain(value: Any) -> Any:  # noqa: ANN401  # a cell
    return value.to_stcs() if isinstance(value, Region) else value


def _write_evidence(response: Response, path: Path) -> None:
    with open(path, "w", encoding="utf-8") as file:
        for source, product in response.products:
            entry = {"file": display_name(source), **product.to_dict()}
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")


def _summarise(response: Response, *, verbose: bool) -> None:
    shown = response.problems if verbose else [FileProblem(display_name(s), p) for s, p in response.failures]
    for problem in shown:
        click.echo(problem, err=True)
    attention = sum(problem.severity == "attention" for product in response for problem in product.problems)
    further = f", {_count(attention, 'value')} to look at" if attention else ""
    failed = f", {_count(len(response.failures), 'file')} without a row" if response.failures else ""
    click.echo(f"{_count(len(response), 'row')}{failed}{further}", err=True)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


# -- explain ---------------------------------------------------------------------------------------------------------
@main.command()
@click.argument("file")
@click.argument("column", required=False)
@_mapping_options
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@_reporting_errors
def explain(file: str, column: str | None, mapping_file: str | None, functions_file: str | None, as_json: bool) -> None:
    """Show where the values of a FILE come from: all of them, or that of one COLUMN."""
    mapping = _mapping(mapping_file, functions_file)
    response = extract_products(file, mapping)
    for source, failure in response.failures:
        click.echo(f"{display_name(source)}: {failure.message}", err=True)
    for source, product in response.products:
        if as_json:
            click.echo(json.dumps({"file": display_name(source), **product.to_dict()}, ensure_ascii=False, indent=2))
        else:
            title = f"{display_name(source)} {product.key}".strip()
            click.echo("\n".join([title, *_explained(product, column, mapping)]))
    sys.exit(INCOMPLETE if response.failures or not response.products else DONE)


def _explained(product: Product, column: str | None, mapping: Mapping | None) -> list[str]:
    if column is not None and column not in product.row:
        raise click.BadParameter(f"{column} is no column of ObsCore", param_hint="COLUMN")
    names = [column] if column else [*product.row.filled()]
    width = max(map(len, names), default=0)
    lines = [f"  {name:{width}}  {_cell(product, name)}  <- {_origin(product, name, mapping)}" for name in names]
    problems = [p for p in product.problems if column in (None, p.column)]
    return lines + [f"  {p.severity}: {_about(p)}" for p in problems]


def _about(problem: Problem) -> str:
    """What a problem says, with its column unless it begins with it."""
    named = not problem.column or problem.message.startswith(problem.column)
    return problem.message if named else f"{problem.column}: {problem.message}"


def _cell(product: Product, name: str) -> str:
    value = product.row[name]
    return "(empty)" if value is None else str(_plain(value))[:100]


def _origin(product: Product, name: str, mapping: Mapping | None) -> str:
    evidence = product.evidence.get(name)
    if evidence is None:
        return "nothing"
    place = f" (HDU {evidence.hdu})" if evidence.hdu is not None and "HDU" not in evidence.detail else ""
    found = f", found as {evidence.raw!r}" if evidence.raw else ""
    lines = {f"line {a.line}": a.text for a in mapping.assignments} if mapping else {}
    written = f": {lines[evidence.detail]}" if evidence.source == "mapping" and evidence.detail in lines else ""
    return f"{evidence.source}: {evidence.detail}{place}{written}{found}"


# -- tables ----------------------------------------------------------------------------------------------------------
@main.command()
@click.argument("table", type=_existing)
@_reporting_errors
def validate(table: str) -> None:
    """Check a TABLE against ObsCore 1.1."""
    count = 0
    number = 0
    for number, row in enumerate(rows_of(load_table(table)), 1):
        for violation in validate_row(row):
            click.echo(f"row {number}: {violation}")
            count += violation.severity == "error"
    click.echo(f"{_count(number, 'row')}, {_count(count, 'error')}", err=True)
    sys.exit(INCOMPLETE if count else DONE)


@main.command()
@click.argument("mapping", type=_existing)
@click.argument("table", type=_existing)
@click.option("--functions", "functions_file", type=_existing, help="Python file with own functions.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Another table than TABLE itself.")
@_reporting_errors
def apply(mapping: str, table: str, functions_file: str | None, output: str | None) -> None:
    """Apply a MAPPING file to a TABLE."""
    check_place(output or table)
    parsed = _mapping(mapping, functions_file)
    assert parsed is not None  # a path was given
    loaded = load_table(table)
    problems = apply_mapping(loaded, parsed)
    for problem in problems:
        click.echo(_about(problem), err=True)
    write(loaded, output or table)
    sys.exit(INCOMPLETE if any(problem.severity == "attention" for problem in problems) else DONE)


@main.command()
@click.argument("table", type=_existing)
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Another table than TABLE itself.")
@_reporting_errors
def curate(table: str, output: str | None) -> None:
    """Fill empty cells of a TABLE with what Simbad and SVO are sure of (filters: from a column FILTER)."""
    check_place(output or table)
    loaded = load_table(table)
    products = products_of(loaded)
    report = _curator().curate(products)
    for number, product in enumerate(products, 1):
        for problem in product.problems:
            click.echo(f"row {number}: {problem.column}: {problem.message}")
    put_back(loaded, products)
    write(loaded, output or table)
    click.echo(report, err=True)
    sys.exit(INCOMPLETE if report.failures else DONE)


@main.command()
@click.argument("name", required=False)
def functions(name: str | None) -> None:
    """List the functions of the mapping language, or explain one by its NAME."""
    known = BUILT_IN.with_(*installed())
    if name is not None and name not in known:
        raise click.BadParameter(f"there is no function {name}", param_hint="NAME")
    for function in [known[name]] if name else known.values():
        example = f"  {function.example} -> {function.result}{os.linesep}" if name and function.example else ""
        click.echo(f"{function.signature}\n    {function.doc}\n{example}", nl=False)
