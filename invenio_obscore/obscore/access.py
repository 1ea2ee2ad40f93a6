"""Media type and size of what an address delivers (ObsCore 1.1, section 4.7)."""

from __future__ import annotations

from collections.abc import Sequence

#: By what the file is compressed with: of one image, and of anything else in FITS.
_COMPRESSED: Sequence[tuple[str, str, str]] = (
    (".gz", "image/x-fits-gzip", "application/x-fits-gzip"),
    (".tgz", "application/gzip", "application/gzip"),
    (".bz2", "application/x-fits-bzip2", "application/x-fits-bzip2"),
    (".xz", "application/x-xz", "application/x-xz"),
    (".z", "application/x-fits-compress", "application/x-fits-compress"),
)
_IMAGES = frozenset({"image", "cube"})
#: High-energy conventions whose readers a client chooses by the media type, by the start of HDUCLASS.
CONVENTIONS = {
    "GADF": "application/x-fits-gadf",
    "OGIP-GADF": "application/x-fits-gadf",
    "VODF": "application/x-fits-vodf",
    "OGIP": "application/x-fits-ogip",
}


def access_format(name: str, dataproduct_type: str | None, known: str = "") -> str:
    """Media type of a file: image/fits for images and cubes, else application/fits.

    Parameters
    ----------
    name
        Whose ending tells how the file is compressed.
    dataproduct_type
        Of the product.
    known
        The media type of the convention that the file keeps to (a value of `CONVENTIONS`), if it is known; it holds
        for files that are not compressed and no images.
    """
    lower = name.lower()
    image = dataproduct_type in _IMAGES
    for suffix, of_image, other in _COMPRESSED:
        if lower.endswith(suffix):
            return of_image if image else other
    if known in CONVENTIONS.values() and not image:
        return known
    return "image/fits" if image else "application/fits"


def access_estsize(size: int) -> int:
    """Kilobytes (1000 bytes), at least 1."""
    return max(1, -(-size // 1000))
