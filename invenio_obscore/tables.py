"""ObsCore tables of the library: from products to an astropy table, to files and back, and mappings on tables."""

from __future__ import annotations

import csv
import json
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
from astropy import units as u
from astropy.io.votable import parse_single_table
from astropy.table import MaskedColumn, Table
from numpy.typing import NDArray

from .errors import ColumnError, ConfigurationError, InputError, MappingError
from .extraction.evidence import Problem, Product
from .fits.cards import Assigned
from .fits.reading import HduReading, Reading
from .fits.sources import Source
from .formats import Format, MemorySource, Meta, for_responseformat, parquet
from .mapping import Function, parse
from .mapping import Mapping as ColumnMapping
from .obscore.columns import ALL_COLUMNS, OBSCORE, Column
from .obscore.regions import Region
from .obscore.row import ObsCoreRow, Value

TITLE = "ObsCore 1.1"
_DTYPES = {"short": np.int16, "int": np.int32, "long": np.int64, "float": np.float32, "double": np.float64}
_META = ("ucd", "utype", "xtype")


# -- rows and tables -------------------------------------------------------------------------------------------------
def to_table(products: Iterable[tuple[Source, Product]]) -> Table:
    """A table of products: every column of ObsCore, and those of its extensions that some product fills."""
    return table_of([product.row for _, product in products])


def table_of(rows: Sequence[ObsCoreRow]) -> Table:
    """A table of rows, with the units, UCDs, utypes and descriptions of the columns; cells without value are masked."""
    extra = [name for name in ALL_COLUMNS if name not in OBSCORE and any(row[name] is not None for row in rows)]
    table = Table(masked=True, meta={"description": TITLE})
    for name in (*OBSCORE, *extra):
        table[name] = _column(ALL_COLUMNS[name], [row[name] for row in rows])
    return table


def rows_of(table: Table) -> Iterator[ObsCoreRow]:
    """The rows of a table; columns that are not of ObsCore are left out, other units are converted.

    Raises
    ------
    ColumnError
        A value does not fit its column; the message names the row, from 1.
    """
    names = [name for name in table.colnames if name in ALL_COLUMNS]
    columns = [list(_values(table[name], ALL_COLUMNS[name])) for name in names]
    for number in range(len(table)):
        try:
            yield ObsCoreRow({name: values[number] for name, values in zip(names, columns)})
        except ColumnError as error:
            raise ColumnError(f"row {number + 1}: {error.message}", column=error.column) from error


def _column(column: Column, values: Sequence[Any]) -> MaskedColumn:
    mask = np.array([value is None for value in values], dtype=bool)
    data: NDArray[Any]
    if column.is_text:
        data = np.array(["" if value is None else _text(value) for value in values], dtype=str)
    else:
        data = np.array([0 if value is None else value for value in values], dtype=_DTYPES[column.datatype])
    meta = {key: getattr(column, key) for key in _META if getattr(column, key)}
    unit = column.unit or None
    return MaskedColumn(data, column.name, mask=mask, unit=unit, description=column.description, meta=meta)


def _text(value: object) -> str:
    return value.to_stcs() if isinstance(value, Region) else str(value)


def _values(column: Any, target: Column) -> Iterator[Any]:  # noqa: ANN401  # Column, MaskedColumn, Quantity
    """The values of a table's column in the unit that ObsCore has, None for masked ones."""
    factor = _factor(getattr(column, "unit", None), target)
    masks = np.ma.getmaskarray(np.ma.asanyarray(column))
    for value, masked in zip(column, masks):
        if np.any(masked) or value is None:
            yield None
        elif isinstance(value, bytes):
            yield value.decode("utf-8", "replace")
        else:
            plain = getattr(value, "value", value)
            plain = plain.item() if isinstance(plain, np.generic) else plain
            yield plain if factor == 1.0 or isinstance(plain, str) else plain * factor


def _factor(unit: u.UnitBase | None, target: Column) -> float:
    if unit is None or not target.unit:
        return 1.0
    try:
        return float(u.Unit(unit).to(u.Unit(target.unit)))
    except u.UnitConversionError:
        message = f"{target.name}: the unit {unit} cannot be converted to {target.unit}"
        raise ColumnError(message, column=target.name) from None


def as_csv(products: Iterable[Product]) -> Iterator[bytes]:
    """The ObsCore columns of products as CSV, piece by piece."""
    rows = ([_cell(product.row[name]) for name in OBSCORE] for product in products)
    return for_responseformat("csv").stream(MemorySource(OBSCORE.values(), rows), Meta())


def _cell(value: Value) -> str | int | float | None:
    return value.to_stcs() if isinstance(value, Region) else value


# -- writing ---------------------------------------------------------------------------------------------------------
def write(table: Table, path: str | os.PathLike[str], *, overwrite: bool = True) -> None:
    """Write a table in the format that the path's ending names; the file appears when it is complete.

    Parameters
    ----------
    path
        Ends in .csv, .tsv, .vot (.xml), .fits, .ecsv, .json or .parquet.
    overwrite
        Whether a file that is there may be replaced.

    Raises
    ------
    InputError
        An ending that stands for no format, or the file exists.
    """
    target = Path(path)
    writer = _writer_of(target)
    if target.exists() and not overwrite:
        raise InputError(f"{target}: the file exists")
    with _completed(target) as unfinished:
        writer(table, unfinished)


@contextmanager
def _completed(target: Path) -> Iterator[Path]:
    """A file beside the target that takes its place at the end."""
    # The ending stays last: astropy's writers look at it.
    unfinished = target.with_name(f".{target.stem}.{os.getpid()}{target.suffix}")
    try:
        yield unfinished
        os.replace(unfinished, target)
    except OSError as error:
        raise InputError(f"{target}: cannot be written: {error.strerror or error}") from error
    finally:
        unfinished.unlink(missing_ok=True)


def check_place(path: str | os.PathLike[str]) -> None:
    """Raise `InputError` before the work where a table cannot be written: no such format, or no such directory."""
    target = Path(path)
    _writer_of(target)
    if not target.absolute().parent.is_dir():
        raise InputError(f"{target}: there is no directory {target.parent}")


def write_products(
    products: Callable[[], Iterable[Product]], path: str | os.PathLike[str], *, overwrite: bool = True
) -> None:
    """Write the table of products that need not fit into memory; as :func:`write` does (ECSV is made whole first).

    Parameters
    ----------
    products
        Gives them from the beginning, each time that it is called.
    """
    target = Path(path)
    form = _STREAMED.get(target.suffix.lower())
    if form is None:
        write(table_of([product.row for product in products()]), path, overwrite=overwrite)
        return
    if target.exists() and not overwrite:
        raise InputError(f"{target}: the file exists")
    filled = {name for product in products() for name in product.row.filled()}
    further = (column for name, column in ALL_COLUMNS.items() if name not in OBSCORE and name in filled)
    columns = [*OBSCORE.values(), *further]
    rows = ([_cell(product.row[column.name]) for column in columns] for product in products())
    with _completed(target) as unfinished, open(unfinished, "wb") as file:
        file.writelines(_format(form).stream(MemorySource(columns, rows), Meta(name="obscore", description=TITLE)))


def _writer_of(path: Path) -> Callable[[Table, Path], None]:
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise InputError(f"{path}: no format for {path.suffix or 'a name without ending'}", remedy=_ENDINGS)
    return writer


def _plain_rows(table: Table) -> Iterator[list[Any]]:
    """The cells of each row as Python values, None where there is none."""
    columns = [_plain(table[name]) for name in table.colnames]
    return (list(cells) for cells in zip(*columns))


def _plain(column: Any) -> list[Any]:  # noqa: ANN401
    mask = np.ma.getmaskarray(np.ma.asanyarray(column))
    values = [value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in column.tolist()]
    return [None if masked or value is None or value != value else value for value, masked in zip(values, mask)]


def _write_streamed(form: str) -> Callable[[Table, Path], None]:
    def write_(table: Table, path: Path) -> None:
        fields = [_field(table, name) for name in table.colnames]
        source = MemorySource(fields, _plain_rows(table))
        parts = _format(form).stream(source, Meta(name="obscore", description=TITLE))
        with open(path, "wb") as file:
            file.writelines(parts)

    return write_


def _format(name: str) -> Format:
    if name == "parquet" and not parquet.available():
        raise ConfigurationError("Parquet needs pyarrow", remedy='pip install "invenio-obscore[parquet]"')
    return for_responseformat(name)


def _field(table: Table, name: str) -> Column:
    known = ALL_COLUMNS.get(name)
    if known:
        return known
    column = table[name]
    kind = {"i": "long", "u": "long", "f": "double"}.get(column.dtype.kind, "char")
    unit = str(column.unit) if column.unit else ""
    arraysize = "*" if kind == "char" else ""
    return Column(name, kind, arraysize, unit=unit, description=column.description or "")  # type: ignore[arg-type]


def _write_ecsv(table: Table, path: Path) -> None:
    table.write(path, format="ascii.ecsv")


#: Endings and the formats that are written row by row.
_STREAMED: Mapping[str, str] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".vot": "votable",
    ".xml": "votable",
    ".fits": "fits",
    ".json": "json",
    ".parquet": "parquet",
}
_WRITERS: Mapping[str, Callable[[Table, Path], None]] = {
    **{ending: _write_streamed(form) for ending, form in _STREAMED.items()},
    ".ecsv": _write_ecsv,
}
_ENDINGS = f"the endings are {', '.join(_WRITERS)}"


# -- reading ---------------------------------------------------------------------------------------------------------
def load_table(path: str | os.PathLike[str]) -> Table:
    """Read a table that :func:`write` or another program wrote; its ObsCore columns get their types, units and UCDs.

    Columns that are not of ObsCore come as they are.

    Raises
    ------
    InputError
        No such file, an ending that stands for no format, or the file is damaged.
    ColumnError
        A value does not fit its column.
    """
    source = Path(path)
    _writer_of(source)
    if not source.is_file():
        raise InputError(f"{source}: no such file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            raw = _READERS[source.suffix.lower()](source)
    except (OSError, ValueError, KeyError, TypeError, IndexError, csv.Error, UnicodeError) as error:
        raise InputError(f"{source}: cannot be read as {source.suffix}: {str(error)[:200]}") from error
    return _typed(raw)


def _typed(raw: Table) -> Table:
    """The same table with its ObsCore columns as the standard has them."""
    rows = list(rows_of(raw))
    table = Table(masked=True, meta={"description": TITLE})
    for name in raw.colnames:
        known = ALL_COLUMNS.get(name)
        table[name] = _column(known, [row[name] for row in rows]) if known else MaskedColumn(raw[name])
    return table


def _from_rows(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    columns = list(zip(*rows)) or [()] * len(names)
    table = Table(masked=True)
    for name, values in zip(names, columns):
        # Objects keep numbers numbers and texts texts; _typed gives them their column's type.
        table[name] = MaskedColumn(np.array(values, dtype=object), mask=[v is None or v == "" for v in values])
    return table


def _read_separated(delimiter: str) -> Callable[[Path], Table]:
    def read_(path: Path) -> Table:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            names = next(reader, [])
            return _from_rows(names, [_of_length(row, len(names)) for row in reader if row])

    return read_


def _of_length(row: list[str], length: int) -> list[str]:
    if len(row) > length:
        raise ValueError(f"a line with {len(row)} cells, the header has {length}")
    return row + [""] * (length - len(row))


def _read_json(path: Path) -> Table:
    """What :func:`write` wrote, or any array of objects."""
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    if isinstance(document, dict):
        return _from_rows([column["name"] for column in document["metadata"]], document["data"])
    names = list(dict.fromkeys(name for row in document for name in row))
    return _from_rows(names, [[row.get(name) for name in names] for row in document])


def _read_parquet(path: Path) -> Table:
    if not parquet.available():
        raise ConfigurationError("Parquet needs pyarrow", remedy='pip install "invenio-obscore[parquet]"')
    from pyarrow.parquet import read_table

    found = read_table(path)
    columns = [found.column(name).to_pylist() for name in found.column_names]
    return _from_rows(found.column_names, list(zip(*columns)))


def _read_fits(path: Path) -> Table:
    table = Table.read(path, format="fits", astropy_native=False)
    for name in table.colnames:
        if table[name].dtype.kind == "S":
            table[name] = np.char.decode(np.ma.asarray(table[name]).filled(b""), "ascii", "replace")
    return table


_READERS: Mapping[str, Callable[[Path], Table]] = {
    ".csv": _read_separated(","),
    ".tsv": _read_separated("\t"),
    ".vot": lambda path: parse_single_table(path, verify="ignore").to_table(use_names_over_ids=True),
    ".xml": lambda path: parse_single_table(path, verify="ignore").to_table(use_names_over_ids=True),
    ".fits": _read_fits,
    ".ecsv": lambda path: Table.read(path, format="ascii.ecsv"),
    ".json": _read_json,
    ".parquet": _read_parquet,
}


# -- mappings on tables ----------------------------------------------------------------------------------------------
def apply_mapping(
    table: Table, mapping: ColumnMapping | str | os.PathLike[str], *, functions: tuple[Function, ...] = ()
) -> list[Problem]:
    """Apply a mapping to the rows of a table, in place; columns that it fills are added where they are missing.

    A table has no headers any more: a keyword in an expression is the table's own column of that name where there is
    one (``OBJECT``), and lines that set keywords do nothing. ``$FILENAME`` and its like come from ``access_url``.

    Parameters
    ----------
    mapping
        A mapping file's path, or a parsed mapping.
    functions
        Own functions that the file may call.

    Returns
    -------
    list of Problem
        Lines that did nothing or failed, each message with its row (from 1).

    Raises
    ------
    InputError
        The mapping file cannot be opened or parsed (`MappingError`), or a value of the table does not fit its column.
    """
    parsed = mapping if isinstance(mapping, ColumnMapping) else load_mapping(mapping, functions=functions)
    problems = _lines_without_effect(parsed)
    products = products_of(table)
    for number, product in enumerate(products):
        reading = _reading_of(table, number, product.row)
        parsed.fill(product, reading)
        parsed.force(product, reading)
        problems += [_in_row(problem, number) for problem in product.problems]
    put_back(table, products)
    return problems


def products_of(table: Table) -> list[Product]:
    """A product for each row of a table, without evidence; its filter comes from a column ``FILTER``.

    Raises
    ------
    ColumnError
        See :func:`rows_of`.
    """
    names = {name.upper(): name for name in table.colnames}
    filters = _plain(table[names["FILTER"]]) if "FILTER" in names else [None] * len(table)
    return [Product(row, filter=str(text or "")) for row, text in zip(rows_of(table), filters)]


def put_back(table: Table, products: Sequence[Product]) -> None:
    """Put the columns of :func:`products_of` that have evidence by now back into the table, in place."""
    changed = {name for product in products for name in product.evidence}
    for name in sorted(changed, key=list(ALL_COLUMNS).index):
        table[name] = _column(ALL_COLUMNS[name], [product.row[name] for product in products])


def load_mapping(path: str | os.PathLike[str], *, functions: tuple[Function, ...] = ()) -> ColumnMapping:
    """A mapping file, parsed.

    Raises
    ------
    InputError
        It cannot be opened.
    MappingError
        It cannot be parsed.
    """
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{os.fspath(path)}: {error.strerror}") from error
    try:
        return parse(text, functions=functions)
    except MappingError as error:
        message = f"{os.fspath(path)}: {error.message}"
        raise MappingError(message, line=error.line, column=error.column, remedy=error.remedy) from error


def _lines_without_effect(mapping: ColumnMapping) -> list[Problem]:
    return [
        Problem("advice", "mapping-no-header", f"line {a.line}: {a.target} is a keyword; a table has no headers")
        for a in mapping.assignments
        if a.kind == "keyword"
    ]


def _in_row(problem: Problem, number: int) -> Problem:
    message = f"row {number + 1}: {problem.message}"
    return Problem(problem.severity, problem.code, message, problem.column)


def _reading_of(table: Table, number: int, row: ObsCoreRow) -> Reading:
    """What is known of the file of a row: its name, and the columns that are not of ObsCore as keywords."""
    place, _, member = unquote(urlsplit(str(row["access_url"] or "")).path).partition("!/")
    others = {name: table[name][number] for name in table.colnames if name not in ALL_COLUMNS}
    overlay = {
        name.upper(): Assigned(value.item() if isinstance(value, np.generic) else value)
        for name, value in others.items()
        if isinstance(value, (str, int, float, bool, np.generic)) and value is not np.ma.masked
    }
    hdus = [HduReading(0, "", overlay=overlay)] if overlay else []
    name = os.path.basename(place)
    return Reading(name=name, path=urlsplit(place).path or place, member=member, hdus=hdus)
