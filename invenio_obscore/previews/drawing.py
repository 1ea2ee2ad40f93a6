"""Draws the picture of one product of a file: opens it, finds the product as extraction does, picks how to draw it."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from ..errors import FitsError, NotFoundError
from ..extraction.products import find_products, image_kind
from ..extraction.scope import Scope
from ..fits.limits import Limits
from .curves import draw_series, draw_spectrum
from .events import draw_events
from .images import draw_cube, draw_dispersed, draw_image
from .picture import Picture
from .source import DataFile, open_data

#: Bytes of data that are read for one picture at most.
_BUDGET = 320 * 2**20

_DRAW: dict[str, Callable[[DataFile, Scope], Picture]] = {
    "image": draw_image,
    "slit spectrum": draw_dispersed,
    "dynamic spectrum": draw_dispersed,
    "cube": draw_cube,
    "spectral cube": draw_cube,
    "time cube": draw_cube,
    "polarisation cube": draw_cube,
    "spectrum": draw_spectrum,
    "sed": draw_spectrum,
    "light curve": draw_series,
    "events": draw_events,
}
_NO_PICTURE = {
    "visibility": "There is no picture of visibilities.",
    "event bundle": "There is no picture of a bundle of events.",
    "response": "There is no picture of an instrument's response.",
    "sky map": "There is no picture of a HEALPix map.",
    "measurements": "There is no picture of a table of measurements.",
}


def draw(stream: BinaryIO, *, name: str = "", member: str = "", key: str = "", limits: Limits | None = None) -> Picture:
    """The picture of one product.

    Parameters
    ----------
    stream
        The file, open and seekable.
    name
        File name.
    member, key
        Of the product, as `extraction.extract` gives them.

    Raises
    ------
    FitsError
        There is no picture; the text says why.
    NotFoundError
        There is no such member or product.
    """
    with open_data(stream, name=name, member=member, limits=limits or Limits(), budget=_BUDGET) as file:
        scope = _find(file, key)
        if scope.kind == "image":
            scope.kind = image_kind(scope.first, scope)
        draw_kind = _DRAW.get(scope.kind)
        if draw_kind is None:
            raise FitsError(_NO_PICTURE.get(scope.kind, "The file holds no data that a picture could show."))
        return draw_kind(file, scope)


def _find(file: DataFile, key: str) -> Scope:
    if not file.reading.hdus:
        raise FitsError("The file holds no HDU.")
    found = next((scope for scope in find_products(file.reading) if scope.key == key), None)
    if found is None:
        raise NotFoundError("The file has no such product.")
    return found
