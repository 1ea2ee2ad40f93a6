"""Queries that show what the service is good for (DALI 1.1, section 2.3)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """A query with its name; ``ident`` is an XML name, ``table`` the table that it asks."""

    ident: str
    name: str
    query: str
    table: str = "ivoa.obscore"
    text: str = ""


EXAMPLES = (
    Example(
        "cone",
        "Products around a position",
        "SELECT TOP 100 obs_publisher_did, dataproduct_type, target_name, s_ra, s_dec, access_url\n"
        "FROM ivoa.obscore\n"
        "WHERE 1 = CONTAINS(POINT('ICRS', s_ra, s_dec), CIRCLE('ICRS', 10.6847, 41.2688, 0.5))",
        text="Products whose centre lies within half a degree of the Andromeda galaxy.",
    ),
    Example(
        "covering",
        "Images that cover a position",
        "SELECT TOP 100 obs_title, facility_name, instrument_name, s_fov, access_url\n"
        "FROM ivoa.obscore\n"
        "WHERE dataproduct_type = 'image' AND 1 = CONTAINS(POINT('ICRS', 83.633, 22.0145), s_region)",
        text="Images with the Crab nebula in their field of view.",
    ),
    Example(
        "band",
        "Spectra in the near infrared",
        "SELECT TOP 100 target_name, em_min, em_max, em_res_power, access_url\n"
        "FROM ivoa.obscore\n"
        "WHERE dataproduct_type = 'spectrum' AND em_min < 2.4e-6 AND em_max > 1e-6\n"
        "ORDER BY em_res_power DESC",
        text="Wavelengths are metres in vacuum.",
    ),
    Example(
        "overview",
        "How many products of each type",
        "SELECT dataproduct_type, COUNT(*) AS products, MIN(t_min) AS earliest, MAX(t_max) AS latest\n"
        "FROM ivoa.obscore\n"
        "GROUP BY dataproduct_type",
        text="Times are modified Julian dates.",
    ),
)
