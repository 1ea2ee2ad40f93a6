"""FITS files made for tests, byte by byte: what a library would refuse to write is wanted here."""

from __future__ import annotations

from invenio_obscore.fits.cards import write_card

BLOCK = 2880


def header(cards: dict[str, object] | list[str], *, end: bool = True) -> bytes:
    """A header's blocks from values, or from card texts as they are."""
    texts = cards if isinstance(cards, list) else [write_card(k, v) for k, v in cards.items()]  # type: ignore[arg-type]
    text = "".join(t[:80].ljust(80) for t in texts) + ("END".ljust(80) if end else "")
    data = text.encode("latin-1")
    return data + b" " * (-len(data) % BLOCK)


def padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % BLOCK)


PRIMARY: dict[str, object] = {"SIMPLE": True, "BITPIX": 8, "NAXIS": 0, "EXTEND": True}


def primary(**extra: object) -> bytes:
    return header({**PRIMARY, **extra})


def image(shape: tuple[int, ...] = (100, 200), *, bitpix: int = -32, extension: bool = False, **extra: object) -> bytes:
    """An image HDU of zeros; the first number is NAXIS1."""
    cards: dict[str, object] = {"XTENSION": "IMAGE"} if extension else {"SIMPLE": True}
    cards |= {"BITPIX": bitpix, "NAXIS": len(shape), **{f"NAXIS{n}": length for n, length in enumerate(shape, start=1)}}
    if extension:
        cards |= {"PCOUNT": 0, "GCOUNT": 1}
    size = abs(bitpix) // 8
    for length in shape:
        size *= length
    return header({**cards, **{k.replace("__", "-"): v for k, v in extra.items()}}) + padded(bytes(size))


def table(columns: list[tuple[str, str, str]], rows: bytes, count: int, **extra: object) -> bytes:
    """A binary table of (name, format, unit) with these rows."""
    cards: dict[str, object] = {
        "XTENSION": "BINTABLE", "BITPIX": 8, "NAXIS": 2, "NAXIS1": len(rows) // max(1, count),
        "NAXIS2": count, "PCOUNT": 0, "GCOUNT": 1, "TFIELDS": len(columns),
    }  # fmt: skip
    for number, (name, form, unit) in enumerate(columns, start=1):
        cards |= {f"TTYPE{number}": name, f"TFORM{number}": form} | ({f"TUNIT{number}": unit} if unit else {})
    return header({**cards, **{k.replace("__", "-"): v for k, v in extra.items()}}) + padded(rows)


SKY: dict[str, object] = {
    "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0, "CRVAL2": 20.0, "CRPIX1": 50.5,
    "CRPIX2": 100.5, "CDELT1": -0.001, "CDELT2": 0.001,
}  # fmt: skip


_WIDTHS = {"D": 8, "E": 4, "K": 8, "J": 4, "I": 2, "B": 1, "A": 1, "L": 1}


def empty_table(columns: list[tuple[str, str, str]], count: int = 1, **extra: object) -> bytes:
    """A binary table of zeros."""
    width = sum(int(form[:-1] or 1) * _WIDTHS[form[-1]] for _, form, _ in columns)
    return table(columns, bytes(width * count), count, **extra)


def tangent(ra: float, dec: float, size: float, shape: tuple[int, int]) -> dict[str, object]:
    """Cards of a tangent plane about the middle of an image, with pixels of this many degrees."""
    return {
        "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": ra, "CRVAL2": dec, "CRPIX1": shape[0] / 2 + 0.5,
        "CRPIX2": shape[1] / 2 + 0.5, "CD1_1": -size, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": size,
    }  # fmt: skip
