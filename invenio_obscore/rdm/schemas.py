"""What depositors may send, as marshmallow schemas made from the column table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, get_args

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, pre_load, validate, validates_schema

from ..errors import ColumnError
from ..obscore.columns import ALL_COLUMNS, OBSCORE, Column
from ..obscore.regions import Region
from ..obscore.row import coerce
from ..obscore.validation import flaw
from .cells import COLUMNS
from .entries import SORTS, Show

_NAME_LENGTH = 1024
#: A path inside an archive and the product's key: as long as ZIP's directory can say.
_PRODUCT_LENGTH = 2**16 + 256
_MOST_FILES = 10_000


class CellField(fields.Field):
    """One cell of an ObsCore row: JSON's value of the column's type, or null."""

    def __init__(self, column: Column) -> None:
        super().__init__(allow_none=True, metadata={"description": column.description, "unit": column.unit})
        self.column = column

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        if isinstance(value, Mapping):
            # What the depositor accepted of a look-up comes back as it was given; only that is taken (`deposits`).
            return dict(value)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValidationError("A text, a number or null is expected.")
        try:
            cell = coerce(self.column, value)
        except ColumnError as error:
            raise ValidationError(str(error)) from error
        if wrong := flaw(self.column.name, cell):
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
_ProductName = fields.String(validate=[validate.Length(max=_PRODUCT_LENGTH), _storable])


class VerificationSchema(Schema):
    """Body of ``PUT /api/records/<id>/draft/obscore``; it replaces both parts."""

    class Meta:
        """Nothing else is let in."""

        unknown = RAISE

    mapping = fields.String(load_default="", validate=_storable)
    corrections = ByName(
        keys=_Name,
        values=ByName(keys=_ProductName, values=fields.Nested(RowSchema)),
        load_default=dict,
        validate=validate.Length(max=_MOST_FILES),
    )


class AddressSchema(Schema):
    """Which product of a draft or record."""

    class Meta:
        """Other parameters are somebody else's."""

        unknown = EXCLUDE

    file = fields.String(required=True, validate=[validate.Length(max=_NAME_LENGTH), _storable])
    product = fields.String(load_default="", validate=[validate.Length(max=_PRODUCT_LENGTH), _storable])


class PublishedAddressSchema(AddressSchema):
    """Which product of a record: by file and name, or by its identifier."""

    file = fields.String(load_default="", validate=[validate.Length(max=_NAME_LENGTH), _storable])
    did = fields.String(validate=[validate.Length(max=_NAME_LENGTH), _storable])

    @validates_schema
    def check_one(self, data: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """One of both."""
        if bool(data["file"]) == ("did" in data):
            raise ValidationError({"file": ["Give either file or did."]})


class ChangeSchema(Schema):
    """Body of ``PATCH /api/records/<id>/draft/obscore/product``."""

    class Meta:
        """Nothing else is let in."""

        unknown = RAISE

    corrections = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), load_default=dict)
    reset = fields.List(fields.String(validate=validate.OneOf(ALL_COLUMNS)), load_default=list)

    @validates_schema
    def check_cells(self, data: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """A cell takes a text, a number or nothing; the server's own columns take nothing."""
        wrong = {name: [_why_not(name)] for name in data["corrections"] if name not in RowSchema._declared_fields}
        wrong |= {
            name: ["A text, a number or null is expected."]
            for name, value in data["corrections"].items()
            if isinstance(value, bool) or not isinstance(value, str | int | float | None)
        }
        if wrong:
            raise ValidationError(wrong, "corrections")


def _sorts(names: Iterable[str]) -> validate.OneOf:
    every = list(names)
    return validate.OneOf([*every, *(f"-{name}" for name in every)])


class Names(fields.String):
    """Names of columns with commas between."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        names = [name.strip() for name in super()._deserialize(value, attr, data, **kwargs).split(",")]
        wrong = [
            _why_not(name) if name in ALL_COLUMNS else f"There is no column {name[:60]!r}."
            for name in names
            if name and name not in COLUMNS
        ]
        if wrong:
            raise ValidationError(wrong[0])
        return list(dict.fromkeys(filter(None, names)))


class ListingSchema(Schema):
    """Which products of a draft a page shows."""

    class Meta:
        """Other parameters are somebody else's."""

        unknown = EXCLUDE

    page = fields.Integer(load_default=1, validate=validate.Range(min=1, max=1_000_000))
    size = fields.Integer(load_default=25, validate=validate.Range(min=1, max=200))
    q = fields.String(load_default="", validate=[validate.Length(max=200), _storable])
    show = fields.String(load_default="all", validate=validate.OneOf(get_args(Show)))
    file = fields.String(load_default="", validate=[validate.Length(max=_NAME_LENGTH), _storable])
    sort = fields.String(load_default=None, validate=_sorts(SORTS))
    columns = Names(load_default=None)
    filter = fields.List(fields.String(validate=_storable), load_default=list, validate=validate.Length(max=50))
    problem = fields.String(load_default="", validate=validate.Regexp(r"[\w-]{0,200}\Z", flags=re.ASCII))


class PublishedListingSchema(ListingSchema):
    """Which products of a record a page shows."""

    class Meta:
        """What only drafts have is left out."""

        unknown = EXCLUDE
        exclude = ("columns", "filter", "problem")

    sort = fields.String(load_default=None, validate=_sorts(("attention", "file", *OBSCORE)))


class PageSchema(Schema):
    """Which files of a draft or rows of a record a page shows."""

    class Meta:
        """Other parameters are somebody else's."""

        unknown = EXCLUDE

    page = fields.Integer(load_default=1, validate=validate.Range(min=1, max=1_000_000))
    size = fields.Integer(load_default=25, validate=validate.Range(min=1, max=100))
    products_page = fields.Integer(load_default=1, validate=validate.Range(min=1, max=1_000_000))
    products_size = fields.Integer(load_default=100, validate=validate.Range(min=1, max=500))
