"""A dozen deposits as different as deposits are, for the golden files of DataCite metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
from astropy.io import fits
from sample_files import image


@dataclass(frozen=True)
class GoldenDeposit:
    """Files and metadata of one record."""

    name: str
    files: Mapping[str, bytes]
    metadata: Mapping[str, Any] = field(default_factory=dict)


def spectrum(**cards: Any) -> bytes:
    """A spectrum of 64 pixels from 400 to 463 nm."""
    header = {"CTYPE1": "WAVE", "CUNIT1": "nm", "CRPIX1": 1.0, "CRVAL1": 400.0, "CDELT1": 1.0, **cards}
    hdu = fits.PrimaryHDU(np.ones(64, dtype="float32"))
    for keyword, value in header.items():
        hdu.header[keyword.replace("_", "-")] = value
    stream = BytesIO()
    hdu.writeto(stream)
    return stream.getvalue()


def _organisation(name: str) -> dict[str, Any]:
    return {"person_or_org": {"type": "organizational", "name": name}}


def _related(identifier: str, scheme: str, relation: str = "issupplementto") -> dict[str, Any]:
    return {"identifier": identifier, "scheme": scheme, "relation_type": {"id": relation}}


_DATED = {"DATE_OBS": "2019-05-01T03:00:00", "EXPTIME": 600.0}

DEPOSITS = (
    GoldenDeposit("plain-image", {"a.fits": image()}),
    GoldenDeposit("dated-image", {"a.fits": image(**_DATED)}),
    GoldenDeposit("spectrum", {"s.fits": spectrum(OBJECT="Vega", TELESCOP="1.2m", INSTRUME="SPEC", **_DATED)}),
    GoldenDeposit(
        "image-and-spectrum",
        {"a.fits": image(**_DATED), "s.fits": spectrum(OBJECT="M 32", TELESCOP="1.2m", INSTRUME="SPEC", **_DATED)},
    ),
    GoldenDeposit("far-apart", {"n.fits": image(dec=80.0), "s.fits": image(ra=190.0, dec=-80.0)}),
    GoldenDeposit("no-fits", {"readme.txt": b"nothing to see"}),
    GoldenDeposit(
        "article-by-bibcode",
        {"a.fits": image()},
        {"related_identifiers": [_related("2024A&A...681A...1X", "ads")]},
    ),
    GoldenDeposit(
        "article-by-doi",
        {"a.fits": image()},
        {"related_identifiers": [_related("10.1051/0004-6361/202400001", "doi")]},
    ),
    GoldenDeposit(
        "rights-and-funding",
        {"a.fits": image()},
        {
            "rights": [{"title": {"en": "Observatory terms"}, "link": "https://observatory.example/terms"}],
            "funding": [
                {
                    "funder": {"name": "Astronomy Fund"},
                    "award": {
                        "title": {"en": "Deep fields"},
                        "number": "AF-1",
                        "identifiers": [{"identifier": "https://fund.example/AF-1", "scheme": "url"}],
                    },
                }
            ],
        },
    ),
    GoldenDeposit(
        "many-people",
        {"a.fits": image()},
        {
            "creators": [
                {
                    "person_or_org": {
                        "type": "personal",
                        "family_name": "Payne",
                        "given_name": "Cecilia",
                        "identifiers": [{"scheme": "orcid", "identifier": "0000-0002-1825-0097"}],
                    },
                    "affiliations": [{"name": "Harvard Observatory"}],
                },
                _organisation("The Survey Collaboration"),
            ],
            "contributors": [{**_organisation("Data Centre"), "role": {"id": "hostinginstitution"}}],
            "version": "2.1",
            "subjects": [{"subject": "M 31"}, {"subject": "galaxies"}],
        },
    ),
    GoldenDeposit(
        "words-in-every-field",
        {"a.fits": image()},
        {
            "title": "Ångström <b>& co</b>",
            "description": "<p>Fluxes of <em>M 31</em> &amp; M 32.</p>",
            "additional_descriptions": [{"description": "<p>How</p>", "type": {"id": "methods"}}],
            "dates": [{"date": "2018/2019", "type": {"id": "collected"}}],
            "sizes": ["3 nights"],
            "formats": ["image/fits"],
        },
    ),
    GoldenDeposit(
        "hostile-header",
        {"a.fits": image(OBJECT="</script><x y='&'>", INSTRUME='"><img src=x>', TELESCOP="a;b<c", **_DATED)},
    ),
    GoldenDeposit("article-in-header", {"a.fits": image(REFERENC="2011ApJ...737..103S", **_DATED)}),
)
