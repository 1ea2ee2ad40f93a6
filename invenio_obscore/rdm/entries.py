"""The products of a draft as rows of SQL, corrected where they are, whatever file they come from."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from invenio_db import db
from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Integer,
    Select,
    String,
    Text,
    Uuid,
    case,
    cast,
    column,
    func,
    literal,
    null,
    select,
    text,
    true,
    union_all,
    values,
)
from sqlalchemy.types import TypeEngine

from ..obscore.columns import ALL_COLUMNS
from .cells import COLUMNS
from .extractions import Key
from .filters import Filter, condition
from .models import NAMED_BY, ObsCoreExtracted, ObsCoreOverlay

Show = Literal["all", "attention", "failed"]
#: What a listing may be sorted by, with ``-`` before it for the other direction.
SORTS: Sequence[str] = ("attention", "file", "product", *COLUMNS)


@dataclass(frozen=True)
class Query:
    """Which products a page shows, and in which order.

    Attributes
    ----------
    q
        Words that all must occur (in any case) in name, target, facility, instrument …
    show
        ``attention``: those with a problem that needs a person, and what failed; ``failed``: files and members that
        could not be read.
    file
        Only those of this file.
    sort
        A name of :data:`SORTS`, with ``-`` before it for the other direction.
    filters
        Conditions that all must hold.
    problem
        Only those with this kind of problem, as a check names its findings: column and code (``s_ra-missing``) or code.
    """

    page: int = 1
    size: int = 25
    q: str = ""
    show: Show = "all"
    file: str = ""
    sort: str = "attention"
    filters: Sequence[Filter] = ()
    problem: str = ""

    @property
    def columns(self) -> frozenset[str]:
        """The columns that it needs: of ObsCore, and the document where it looks for problems."""
        asked = {self.sort.removeprefix("-"), *(each.column for each in self.filters)} & COLUMNS.keys()
        return frozenset(asked | ({"document"} if self.problem else set()))

    @property
    def selects(self) -> bool:
        """Whether it leaves any product out."""
        return bool(self.q.split() or self.show != "all" or self.file or self.filters or self.problem)


def entries(
    owner: UUID,
    keys: Mapping[str, Key],
    failed: Collection[str] = (),
    columns: Iterable[str] = (),
    *,
    among: Collection[tuple[str, str]] | None = None,
    one_by_one: bool = False,
) -> Any:  # noqa: ANN401 - a subquery
    """Every product of these extractions, and every file that has none although it should.

    Parameters
    ----------
    owner
        Whose overlays count: a draft's or a rerun's.
    keys
        Extractions by file key.
    failed
        Keys of files that could not be read.
    columns
        The columns of ObsCore that are asked for.
    among
        Only the products with these file keys and names, which an index finds.
    one_by_one
        Whether each product's overlay is looked up when its turn comes, as for those few that are named.
    """
    one_by_one = one_by_one or among is not None
    if not one_by_one:
        db.session.execute(text("SET LOCAL work_mem = '64MB'"))  # joined and sorted without going to the disk
    names = ("attention", "words", *columns)
    parts = [_extracted(owner, keys, names, among, one_by_one=one_by_one)] if keys else []
    parts += [_failed(list(failed), names)] if (failed and among is None) or not parts else []
    return union_all(*parts).subquery("entries")


def unnested(columns: Mapping[str, type[TypeEngine[Any]]], rows: Collection[Sequence[Any]]) -> Any:  # noqa: ANN401
    """Many rows as a subquery: of thousands of parameters four arrays."""
    arrays = [cast([row[n] for row in rows], ARRAY(kind)) for n, kind in enumerate(columns.values())]
    return select(*(func.unnest(each).label(name) for name, each in zip(columns, arrays))).subquery("listed")


def _held(keys: Mapping[str, Key], among: Collection[tuple[str, str]] | None) -> tuple[Any, ColumnElement[bool]]:
    """Extractions by file key (and products, if they are named), and what joins them with what was extracted."""
    entry = ObsCoreExtracted
    if among is None:
        columns = (column("file_key", Text), column("file_id", Uuid), column("key", String))
        held: Any = values(*columns, name="held").data([(name, *key) for name, key in keys.items()])
        return held, (entry.file_id == cast(held.c.file_id, Uuid)) & (entry.key == held.c.key)
    rows = [(file, *keys[file], product[:NAMED_BY], product) for file, product in among if file in keys]
    held = unnested({"file_key": Text, "file_id": Uuid, "key": Text, "beginning": Text, "product": Text}, rows)
    same = (entry.file_id == held.c.file_id) & (entry.key == held.c.key) & (entry.product == held.c.product)
    return held, same & (func.left(entry.product, NAMED_BY) == held.c.beginning)


def _extracted(
    owner: UUID,
    keys: Mapping[str, Key],
    names: Sequence[str],
    among: Collection[tuple[str, str]] | None,
    *,
    one_by_one: bool,
) -> Select[Any]:
    held, same_product = _held(keys, among)
    entry, overlay = ObsCoreExtracted, ObsCoreOverlay
    corrected = db.session.scalar(select(select(overlay.number).filter_by(record_uuid=owner).exists()))
    laid, same = _laid_over(owner, names, one_by_one=one_by_one) if corrected else (None, true())

    def either(name: str) -> ColumnElement[Any]:
        if laid is None:
            found: ColumnElement[Any] = getattr(entry, name).label(name)
            return found
        return case((laid.c.number.is_not(None), laid.c[name]), else_=getattr(entry, name)).label(name)

    described = (held.c.file_key, entry.file_id, entry.key, entry.number, entry.product, entry.failed)
    found = (
        select(*described, *(either(name) for name in names))
        .select_from(held)
        .join(entry, same_product)
        # Said once more, so that no plan reads what other deposits have.
        .where(entry.file_id.in_({file_id for file_id, _ in keys.values()}))
    )
    return found if laid is None else found.outerjoin(laid, same)


def _laid_over(owner: UUID, names: Sequence[str], *, one_by_one: bool) -> tuple[Any, ColumnElement[bool]]:
    """The overlays of the products, and what joins them."""
    entry, overlay = ObsCoreExtracted, ObsCoreOverlay
    place = (overlay.file_id, overlay.key, overlay.number)
    every = select(*place, *(getattr(overlay, name) for name in names)).where(overlay.record_uuid == owner)
    at = (overlay.file_id == entry.file_id) & (overlay.key == entry.key) & (overlay.number == entry.number)
    if one_by_one:
        db.session.execute(text("SET LOCAL enable_nestloop = on"))
        return every.where(at).limit(1).lateral("laid"), true()
    # Of many a join by hashing is far quicker; statistics of what was written just now would lead away from it.
    db.session.execute(text("SET LOCAL enable_nestloop = off"))
    laid = every.subquery("laid")
    same = (laid.c.file_id == entry.file_id) & (laid.c.key == entry.key) & (laid.c.number == entry.number)
    return laid, same


def _failed(files: Sequence[str], names: Sequence[str]) -> Select[Any]:
    """Files that could not be read, as entries without a product."""
    held = values(column("file_key", Text), name="failed").data([(name,) for name in files or [""]])
    known: dict[str, ColumnElement[Any]] = {"attention": literal(1, Integer), "words": literal("", Text)}
    cells = [
        (known[name] if name in known else cast(null(), getattr(ObsCoreExtracted, name).type)).label(name)
        for name in names
    ]
    return select(
        held.c.file_key,
        cast(null(), Uuid).label("file_id"),
        cast(null(), Text).label("key"),
        literal(-1, Integer).label("number"),
        literal("", Text).label("product"),
        literal(True, Boolean).label("failed"),
        *cells,
    ).where(literal(bool(files), Boolean))


def conditions(found: Any, query: Query) -> list[ColumnElement[bool]]:  # noqa: ANN401
    """What a query asks of entries."""
    columns = found.c
    wanted: list[ColumnElement[bool]] = []
    if query.show == "failed":
        wanted.append(columns.failed)
    elif query.show == "attention":
        wanted.append(columns.failed | (columns.attention > 0))
    if query.file:
        wanted.append(columns.file_key == query.file)
    wanted += [condition(each, _column(found, each.column)) for each in query.filters]
    if query.problem:
        wanted.append(cast(columns.document, Text).regexp_match(_problem(query.problem)))
    wanted += [
        columns.words.contains(word, autoescape=True) | func.lower(columns.file_key).contains(word, autoescape=True)
        for word in query.q.lower().split()
    ]
    return wanted


def _problem(name: str) -> str:
    """What a document with this kind of problem has: a regular expression on the text of its JSON (`models`)."""
    column, _, code = name.partition("-")
    if column not in ALL_COLUMNS:
        column, code = "", name
    of_column = f', "column": "{column}"' if column else '(, "hdu": [0-9]+)?}'
    # No text inside a string can pass for it: its quotes have backslashes.
    return rf'"code": "{re.escape(code)}", "message": "([^"\\]|\\.)*"{of_column}'


def _column(found: Any, name: str) -> ColumnElement[Any]:  # noqa: ANN401
    chosen: ColumnElement[Any] = found.c["file_key" if name == "file" else name]
    return chosen


def order(found: Any, sort: str) -> Sequence[ColumnElement[Any]]:  # noqa: ANN401
    """The order of a listing; of equals the one of the files."""
    columns, name, backwards = found.c, sort.removeprefix("-"), sort.startswith("-")
    stable = [columns.file_key, columns.number]
    if name == "attention":
        worst = [columns.failed.desc(), columns.attention.desc()]
        return [*([c.asc() for c in (columns.failed, columns.attention)] if backwards else worst), *stable]
    if name == "file":
        return [c.desc() if backwards else c.asc() for c in stable]
    chosen = _column(found, name)
    return [(chosen.desc() if backwards else chosen.asc()).nulls_last(), *stable]
