"""Media types and sizes of what an address delivers."""

from __future__ import annotations

import pytest
from extracted import one
from fits_files import image, primary, table

from invenio_obscore.obscore.access import access_estsize, access_format


@pytest.mark.parametrize(
    ("name", "kind", "known", "media_type"),
    [
        ("a.fits", "image", "", "image/fits"),
        ("a.fits", "cube", "", "image/fits"),
        ("a.fits", "spectrum", "", "application/fits"),
        ("a.fits", None, "", "application/fits"),
        ("a.FITS.GZ", "image", "", "image/x-fits-gzip"),
        ("a.fits.gz", "event", "", "application/x-fits-gzip"),
        ("a.fits", "event", "application/x-fits-gadf", "application/x-fits-gadf"),
        ("a.fits.gz", "event", "application/x-fits-gadf", "application/x-fits-gzip"),
        ("a.fits", "image", "application/x-fits-ogip", "image/fits"),
        ("a.fits", "event", "text/html", "application/fits"),
    ],
)
def test_media_types(name: str, kind: str | None, known: str, media_type: str) -> None:
    assert access_format(name, kind, known) == media_type


def test_sizes_are_kilobytes_and_never_nothing() -> None:
    assert [access_estsize(size) for size in (0, 1, 1000, 1001, 10**10)] == [1, 1, 1, 2, 10**7]


@pytest.mark.parametrize(
    ("convention", "media_type"),
    [("OGIP", "application/x-fits-ogip"), ("GADF", "application/x-fits-gadf"), ("VODF", "application/x-fits-vodf")],
)
def test_conventions_of_event_lists(convention: str, media_type: str) -> None:
    events = table([("TIME", "D", "s")], bytes(16), 2, EXTNAME="EVENTS", HDUCLASS=convention, HDUCLAS1="EVENTS")
    assert one(primary() + events).row["access_format"] == media_type


def test_an_image_is_delivered_as_one() -> None:
    product = one(image())
    assert product.row["access_format"] == "image/fits" and product.row["access_estsize"] == 84
