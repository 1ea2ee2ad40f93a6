"""Small FITS files, made here: bytes that are right, and bytes that are wrong in a known way."""

from __future__ import annotations

import gzip
import zipfile
from io import BytesIO
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS


def image(*, ra: float = 10.6847, dec: float = 41.2687, **cards: Any) -> bytes:
    """An image of 32 × 32 pixels with a gnomonic WCS of one arcsecond a pixel."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [ra, dec]
    wcs.wcs.crpix = [16.5, 16.5]
    wcs.wcs.cdelt = [-1 / 3600, 1 / 3600]
    hdu = fits.PrimaryHDU(np.zeros((32, 32), dtype="int16"), wcs.to_header())
    for keyword, value in {"OBJECT": "M 31", "TELESCOP": "Test Telescope", "INSTRUME": "TESTCAM", **cards}.items():
        hdu.header[keyword.replace("_", "-")] = value
    return _bytes(hdu)


def no_data() -> bytes:
    """A header and nothing else."""
    return _bytes(fits.PrimaryHDU())


def gzip_bomb(first: bytes = b"") -> bytes:
    """Half a megabyte that inflates to 600 MB of zeros behind the first bytes."""
    return gzip.compress(first) + gzip.compress(bytes(100 * 2**20)) * 6


def _bytes(*hdus: Any) -> bytes:
    buffer = BytesIO()
    fits.HDUList(list(hdus)).writeto(buffer)
    return buffer.getvalue()


def archive(members: dict[str, bytes]) -> bytes:
    """A ZIP file."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as opened:
        for path, content in members.items():
            opened.writestr(path, content)
    return buffer.getvalue()


def catalogue(members: int) -> bytes:
    """A ZIP file of that many small images, each of another field; every other one is deflated."""
    first = image(OBJECT="Field 00000", EXPTIME=30.0, DATE_OBS="2024-05-06T07:08:09", FILTER="V")
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for number in range(members):
            content = first.replace(b"Field 00000", f"Field {number:05}".encode())
            content = content.replace(b"10.6847 ", f"{number % 360 + 0.5:<8.6}".encode()[:8])
            method = zipfile.ZIP_DEFLATED if number % 2 else zipfile.ZIP_STORED
            opened.writestr(f"field/{number:05}.fits", content, compress_type=method)
    return buffer.getvalue()


def many_extensions(count: int = 1000) -> bytes:
    """A file with that many small image extensions."""
    extension = _bytes(fits.PrimaryHDU(), fits.ImageHDU(np.zeros((2, 2), dtype="int16")))[2880:]
    return _bytes(fits.PrimaryHDU()) + extension * count


def odd_cards() -> bytes:
    """An image whose cards hold what no card should: NaN, text for numbers, control characters, other encodings."""
    lines = {
        b"EXPTIME ": b"EXPTIME =                  NaN",
        b"DATE-OBS": b"DATE-OBS= 'the other day'",
        b"OBJECT  ": b"OBJECT  = 'M\x00 \xff\xfe<31>&'",
        b"CRVAL1  ": b"CRVAL1  = 'ten'",
        b"CDELT2  ": b"CDELT2  =                  INF",
    }
    content = image(EXPTIME=1.0, DATE_OBS="2020-01-01")
    for keyword, line in lines.items():
        at = content.index(keyword + b"=")
        content = content[:at] + line.ljust(80) + content[at + 80 :]
    return content


def broken_wcs() -> bytes:
    """An image whose WCS cannot be: a singular matrix in a projection that does not exist."""
    return image(CTYPE1="RA---XXX", CTYPE2="DEC--XXX", PC1_1=0.0, PC1_2=0.0, PC2_1=0.0, PC2_2=0.0)
