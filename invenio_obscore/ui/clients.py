"""What people copy from a record's page to ask for its products in a program of theirs."""

from __future__ import annotations

from urllib.parse import quote

from flask import current_app

from ..registry.facts import vo_url

_PYVO = """\
import pyvo

service = pyvo.dal.TAPService("{tap}")
products = service.search(\"\"\"
{adql}
\"\"\")
for product in products:
    print(product["obs_publisher_did"], product["access_url"])
"""


def adql(recid: str) -> str:
    """The query that finds a record's products, by where their files are."""
    site = str(current_app.config["SITE_UI_URL"]).rstrip("/")
    begin = f"{site}/records/{quote(recid, safe='')}/files/".replace("'", "''")
    return f"SELECT *\nFROM ivoa.obscore\nWHERE access_url LIKE '{begin}%'"


def queries(recid: str) -> dict[str, str]:
    """The query as ADQL and as a Python program."""
    asked = adql(recid)
    return {"adql": asked, "pyvo": _PYVO.format(tap=tap_address(), adql=asked)}


def tap_address() -> str:
    """Public address of the TAP service."""
    return f"{vo_url(current_app.config)}/tap"
