"""What depositors may send, as marshmallow schemas made from the column table."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, pre_load, validate

from ..errors import ColumnError
from ..obscore.columns import ALL_COLUMNS, Column
from ..obscore.regions import Region
from ..obscore.regions import flaw as shape_flaw
from ..obscore.row import coerce
from ..obscore.validation import flaw

_NAME_LENGTH = 1024
_MOST_FILES = 10_000


class CellField(fields.Field):
    """One cell of an ObsCore row: JSON's value of the column's type, or null."""

    def __init__(self, column: Column) -> None:
        super().__init__(allow_none=True, metadata={"description": column.description, "unit": column.unit})
        self.column = column

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str | int | float | None:  # noqa: ANN401
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValidationError("A text, a number or null is expected.")
        try:
            cell = coerce(self.column, value)
        except ColumnError as error:
            raise ValidationError(str(error)) from error
        if wrong := shape_flaw(cell) if isinstance(cell, Region) else flaw(self.column.name, cell):
            raise ValidationError(wrong[:400])
        return cell.to_stcs() if isinstance(cell, Region) else cell


class ByName(fields.Dict):
    """A dictionary whose errors stand under its keys, without marshmallow's ``key`` and ``value`` between."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        try:
            return super()._deserialize(value, attr, data, **kwargs)
        except ValidationError as error:
            if not isinstance(error.messages, dict):
                raise
            plain = {name: found.get("key") or found["value"] for name, found in error.messages.items()}
            raise ValidationError(plain) from error


class _RowSchema(Schema):
    """Corrections of one product; only columns that are not the server's."""

    class Meta:
        """Nothing else is let in."""

        unknown = RAISE

    @pre_load
    def name_the_column(self, data: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Say of each wrong column what is wrong with it."""
        if isinstance(data, Mapping) and (wrong := [name for name in data if name not in self.fields]):
            raise ValidationError({name: [_why_not(name)] for name in wrong})
        return data


def _why_not(name: str) -> str:
    if name in ALL_COLUMNS:
        return "The server sets this column."
    near = get_close_matches(name, ALL_COLUMNS, n=1)
    return "There is no such column." + (f" Did you mean {near[0]}?" if near else "")


#: Every column that a depositor may correct.
RowSchema = _RowSchema.from_dict(
    {name: CellField(column) for name, column in ALL_COLUMNS.items() if not column.system}, name="RowSchema"
)


def _storable(text: str) -> None:
    """PostgreSQL keeps neither U+0000 nor halves of surrogate pairs."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValidationError("The text holds characters that no text can hold (U+0000 or a lone surrogate).")


_Name = fields.String(validate=[validate.Length(max=_NAME_LENGTH), _storable])


class VerificationSchema(Schema):
    """Body of ``PUT /api/records/<id>/draft/obscore``; it replaces both parts."""

    class Meta:
        """Nothing else is let in."""

        unknown = RAISE

    mapping = fields.String(load_default="", validate=_storable)
    corrections = ByName(
        keys=_Name,
        values=ByName(keys=_Name, values=fields.Nested(RowSchema)),
        load_default=dict,
        validate=validate.Length(max=_MOST_FILES),
    )


class PageSchema(Schema):
    """Which files of a draft or rows of a record a page shows."""

    class Meta:
        """Other parameters are somebody else's."""

        unknown = EXCLUDE

    page = fields.Integer(load_default=1, validate=validate.Range(min=1, max=1_000_000))
    size = fields.Integer(load_default=25, validate=validate.Range(min=1, max=100))
