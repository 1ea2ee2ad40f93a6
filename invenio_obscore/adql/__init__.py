"""ADQL 2.1 to SQL: :func:`parse` what was written, :func:`resolve` what it means, :func:`to_postgresql`.

A query passes through three trees: :mod:`.nodes` (syntax), :mod:`.resolved` (meaning, typed) and SQL with bound
parameters. Nothing here knows a database; what is published comes in as a :class:`.schema.Schema`.
"""

from __future__ import annotations

from .parser import parse
from .postgresql import to_postgresql
from .resolution.queries import Resolved, resolve
from .schema import Schema
from .statement import Statement


def compile(text: str, schema: Schema, maxrec: int | None = None) -> Statement:  # noqa: A001
    """Translate an ADQL query.

    Parameters
    ----------
    text
        The query.
    schema
        What is published.
    maxrec
        Most rows to serve (DALI's MAXREC); None for no limit.

    Raises
    ------
    AdqlSyntaxError, AdqlNameError, AdqlTypeError
        With line and column.
    """
    return to_postgresql(resolve(parse(text), schema), maxrec)


__all__ = ["Resolved", "Schema", "Statement", "compile", "parse", "resolve", "to_postgresql"]
