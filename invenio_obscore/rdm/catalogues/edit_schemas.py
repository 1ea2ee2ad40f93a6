"""What documentalists may send, as marshmallow schemas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from ...mapping.typed import Cell
from .. import filters
from ..cells import COLUMNS
from ..entries import SORTS, Query, Show
from ..schemas import AddressSchema, _sorts, _storable
from ..verification import Address

_MOST_LISTED = 10_000
_column = validate.OneOf(COLUMNS, error="There is no such column, or only the server sets it.")


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class _Matching(_Strict):
    q = fields.String(load_default="", validate=[validate.Length(max=200), _storable])
    show = fields.String(load_default="all", validate=validate.OneOf(get_args(Show)))
    file = fields.String(load_default="", validate=[validate.Length(max=1024), _storable])
    sort = fields.String(load_default="file", validate=_sorts(SORTS))
    filter = fields.List(fields.String(validate=_storable), load_default=list, validate=validate.Length(max=50))


class _Selection(_Strict):
    products = fields.List(fields.Nested(AddressSchema), validate=validate.Length(min=1, max=_MOST_LISTED))
    matching = fields.Nested(_Matching)

    @validates_schema
    def one_of_them(self, data: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """A selection is listed or described."""
        if len(data) != 1:
            raise ValidationError("Either products or matching is expected.")


class _CellSchema(AddressSchema):
    column = fields.String(required=True)
    value = fields.Raw(required=True, allow_none=True)


@dataclass(frozen=True)
class Edit:
    """What somebody wants to change.

    Attributes
    ----------
    action
        ``set``, ``fill``, ``reset`` or ``cells``.
    columns, value
        Which columns, and for ``set`` what was typed for the one.
    products, matching
        The products in the order in which they were chosen, or all that a listing shows.
    cells
        For ``cells``: product, column and what was typed.
    """

    action: str
    columns: Sequence[str] = ()
    value: Cell = None
    products: Sequence[Address] = ()
    matching: Query | None = None
    cells: Sequence[tuple[Address, str, Cell]] = field(default_factory=tuple)

    @property
    def what(self) -> str:
        """In a few words."""
        names = dict.fromkeys(column for _, column, _ in self.cells) if self.cells else self.columns
        return " ".join([self.action, ", ".join(list(names)[:5])])


class EditSchema(_Strict):
    """Body of ``POST …/draft/obscore/edits``."""

    action = fields.String(required=True, validate=validate.OneOf(("set", "fill", "reset", "cells")))
    column = fields.String(validate=_column)
    value = fields.Raw(allow_none=True)
    columns = fields.List(fields.String(validate=_column), validate=validate.Length(min=1, max=len(COLUMNS)))
    selection = fields.Nested(_Selection)
    cells = fields.List(fields.Nested(_CellSchema), validate=validate.Length(min=1, max=_MOST_LISTED))

    @validates_schema
    def what_the_action_needs(self, data: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Each action has its own parts."""
        needed = _PARTS.get(data.get("action"), frozenset())
        wrong = {name: ["Missing data for required field."] for name in needed - data.keys()}
        wrong |= {name: ["This action does not take it."] for name in data.keys() - needed - {"action"}}
        if wrong:
            raise ValidationError(wrong)


_PARTS = {
    "set": frozenset(("column", "value", "selection")),
    "fill": frozenset(("columns", "selection")),
    "reset": frozenset(("columns", "selection")),
    "cells": frozenset(("cells",)),
}


def load_edit(body: Any) -> Edit:  # noqa: ANN401 - JSON
    """What a request asks for.

    Raises
    ------
    ValidationError, FilterError
        It cannot be understood.
    """
    data = EditSchema().load(body)
    selection = data.get("selection", {})
    matching = selection.get("matching")
    query = None
    if matching is not None:
        texts = matching.pop("filter")
        query = Query(**matching, filters=filters.parse(texts))
    return Edit(
        data["action"],
        columns=[data["column"]] if "column" in data else data.get("columns", ()),
        value=data.get("value"),
        products=[(each["file"], each["product"]) for each in selection.get("products", ())],
        matching=query,
        cells=[((each["file"], each["product"]), each["column"], each["value"]) for each in data.get("cells", ())],
    )


class RerunSchema(_Strict):
    """Body of ``POST …/draft/obscore/reruns``."""

    mapping = fields.String(load_default=None, allow_none=True, validate=_storable)
    extractor = fields.String(load_default="present", validate=validate.Equal("present"))
