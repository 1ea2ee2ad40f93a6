"""Real FITS files of each kind of product, small, made when tests ask for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.io import fits

#: Text that would be a script if a page took it for one.
HOSTILE = "</script><img src=x onerror=alert(1)>"
_SKY = {
    "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CUNIT1": "deg", "CUNIT2": "deg", "CRPIX1": 60.5, "CRPIX2": 60.5,
    "CDELT1": -0.001, "CDELT2": 0.001,
}  # fmt: skip
_WHERE = {"TELESCOP": "Test Telescope", "INSTRUME": "TESTCAM", "DATE-OBS": "2024-03-05T20:11:07", "EXPTIME": 600.0}


def write(folder: Path) -> list[Path]:
    """An image, a spectrum, a cube, a light curve and an event list."""
    generator = np.random.default_rng(7)
    files = {
        "m31-image.fits": [_image(generator)],
        "spectrum.fits": [_spectrum(generator)],
        "cube.fits": [_cube(generator)],
        "light-curve.fits": [fits.PrimaryHDU(), _light_curve(generator)],
        "events.fits": [fits.PrimaryHDU(), _events(generator)],
    }
    for name, hdus in files.items():
        fits.HDUList(hdus).writeto(folder / name, overwrite=True)
    return [folder / name for name in files]


def _image(generator: np.random.Generator) -> fits.PrimaryHDU:
    data = generator.normal(100, 3, (120, 120)).astype(np.float32)
    y, x = np.mgrid[:120, :120]
    data += 2000 * np.exp(-((x - 60) ** 2 / 500 + (y - 60) ** 2 / 60))
    hdu = fits.PrimaryHDU(data)
    hdu.header.update(_SKY | _WHERE | {"CRVAL1": 10.6847, "CRVAL2": 41.2687, "OBJECT": HOSTILE, "FILTER": "V"})
    return hdu


def _spectrum(generator: np.random.Generator) -> fits.PrimaryHDU:
    hdu = fits.PrimaryHDU((generator.normal(10, 0.5, 1500)).astype(np.float32))
    axis = {"CTYPE1": "WAVE", "CUNIT1": "Angstrom", "CRVAL1": 4000.0, "CDELT1": 2.0, "CRPIX1": 1.0, "BUNIT": "Jy"}
    hdu.header.update(axis | _WHERE | {"OBJECT": "Vega", "RA": 10.7, "DEC": 41.3})
    return hdu


def _cube(generator: np.random.Generator) -> fits.PrimaryHDU:
    hdu = fits.PrimaryHDU(generator.normal(1, 0.1, (40, 120, 120)).astype(np.float32))
    axis = {"CTYPE3": "FREQ", "CUNIT3": "Hz", "CRVAL3": 1.42e9, "CDELT3": 1e5, "CRPIX3": 1.0, "BUNIT": "Jy/beam"}
    hdu.header.update(_SKY | axis | _WHERE | {"CRVAL1": 10.9, "CRVAL2": 41.4, "OBJECT": "M 31"})
    return hdu


def _light_curve(generator: np.random.Generator) -> fits.BinTableHDU:
    times = np.linspace(0, 1000, 400)
    columns = [fits.Column("TIME", "D", "s", array=times), fits.Column("RATE", "E", "count/s", array=times % 40)]
    hdu = fits.BinTableHDU.from_columns(columns, name="RATE")
    hdu.header.update({**_WHERE, "OBJECT": "Crab", "RA_OBJ": 83.63, "DEC_OBJ": 22.01, "MJDREFI": 60000, "TSTART": 0.0})
    return hdu


def _events(generator: np.random.Generator) -> fits.BinTableHDU:
    columns = [fits.Column(name, "E", array=generator.normal(500, 30, 3000)) for name in ("X", "Y")]
    columns.append(fits.Column("TIME", "D", "s", array=np.sort(generator.uniform(0, 1000, 3000))))
    hdu = fits.BinTableHDU.from_columns(columns, name="EVENTS")
    hdu.header.update({**_WHERE, "OBJECT": "M 82", "RA_PNT": 148.97, "DEC_PNT": 69.68})
    return hdu
