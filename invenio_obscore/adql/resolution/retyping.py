"""The columns of a query turned into other types."""

from __future__ import annotations

from dataclasses import replace

from .. import resolved as ir
from ..types import Type


def as_types(body: ir.Body, types: list[Type]) -> ir.Body:
    """The same rows with each column in the type that is wanted of it."""
    if isinstance(body, ir.Query):
        return replace(body, body=as_types(body.body, types))
    outputs = tuple(o if o.type is t else replace(o, value=ir.Convert(o.value, t)) for o, t in zip(body.outputs, types))
    return replace(body, outputs=outputs)
