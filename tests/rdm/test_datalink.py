"""Links of a published product inside InvenioRDM: each leads where it says, and none tells of what is restricted."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from astropy.io.votable import parse
from researcher import Researcher
from sample_files import archive, image


@pytest.fixture
def dids(visitor: Researcher) -> Callable[[Any], list[str]]:
    """Identifiers of a record's published products."""

    def dids(record: Any) -> list[str]:
        rows = visitor.request("GET", f"/records/{record['id']}/obscore", status=200).json["rows"]
        return sorted(row["obs_publisher_did"] for row in rows)

    return dids


def links(visitor: Researcher, did: str) -> dict[str, dict[str, Any]]:
    """Links of an identifier by what they are."""
    answer = visitor.client.get("/vo/datalink/links", query_string={"ID": did})
    table = parse(io.BytesIO(answer.get_data())).get_first_table().to_table()
    rows = [dict(zip(table.colnames, row)) for row in table.iterrows()]
    return {row["semantics"]: row for row in rows}


def follow(visitor: Researcher, address: str) -> Any:
    """The answer at an address of the site."""
    assert address.startswith("http://localhost/")
    parts = urlsplit(address)
    return visitor.client.get(f"{parts.path}?{parts.query}")


def test_each_link_leads_where_it_says(
    visitor: Researcher, researcher: Researcher, publish: Callable[[str], Any], dids: Callable[[Any], list[str]]
) -> None:
    record = publish(researcher.draft({"a b.fits": image(INSTRUME="LINKCAM")}))
    (did,) = dids(record)
    found = links(visitor, did)
    data = follow(visitor, found["#this"]["access_url"]).get_data()
    assert data.startswith(b"SIMPLE  =") and found["#this"]["content_length"] == len(data)
    assert found == {
        name: {**row, "ID": did} for name, row in links(visitor, did.rpartition("/")[0]).items()
    }  # of the record's own identifier, which is one product's here
    header = follow(visitor, found["#detached-header"]["access_url"])
    assert any("LINKCAM" in card for card in header.json["hdus"][0]["cards"])
    for semantics in ("#preview", "#thumbnail"):
        # Drawn by a worker, whom nobody waits for here.
        assert follow(visitor, found[semantics]["access_url"]).status_code in (200, 202)
    datacite = visitor.client.get(f"/records/{record['id']}/export/datacite-json").get_data(as_text=True)
    assert did in datacite
    (address,) = re.findall('http://localhost/vo/datalink/links[^"]*', datacite)
    assert found["#this"]["access_url"] in follow(visitor, address).get_data(as_text=True)
    assert follow(visitor, found["#documentation"]["access_url"]).status_code == 200


def test_products_of_an_archive_have_their_own_headers(
    visitor: Researcher, researcher: Researcher, publish: Callable[[str], Any], dids: Callable[[Any], list[str]]
) -> None:
    members = {f"d/{number}.fits": image(OBJECT=f"T{number}") for number in range(3)}
    record = publish(researcher.draft({"many.zip": archive(members)}))
    targets = set()
    for did in dids(record):
        found = links(visitor, did)
        assert found["#this"]["content_length"] == len(follow(visitor, found["#this"]["access_url"]).get_data())
        address = found["#detached-header"]["access_url"]
        targets |= {
            card[10:].strip(" '") for card in follow(visitor, address).json["hdus"][0]["cards"] if "OBJECT" in card
        }
    assert targets == {"T0", "T1", "T2"}


def test_a_tombstone_has_no_links(
    visitor: Researcher,
    researcher: Researcher,
    administrator: Researcher,
    publish: Callable[[str], Any],
    dids: Callable[[Any], list[str]],
) -> None:
    record = publish(researcher.draft({"a.fits": image()}))
    (did,) = dids(record)
    address = links(visitor, did)["#preview"]["access_url"]
    administrator.delete(record["id"])
    assert links(visitor, did)["#this"]["error_message"].startswith("NotFoundFault")
    assert follow(visitor, address).status_code == 410


def test_identifiers_tell_nothing_of_restricted_files(
    visitor: Researcher, researcher: Researcher, publish: Callable[[str], Any], dids: Callable[[Any], list[str]]
) -> None:
    record = publish(researcher.draft({"secret.fits": image()}))
    (did,) = dids(record)
    researcher.edit(record["id"])
    researcher.save(record["id"], access={"record": "public", "files": "restricted"})
    publish(record["id"])
    path = f"/api/records/{record['id']}/obscore"
    for name in ("preview", "header"):
        asked = [{"did": did}, {"did": f"{did}x"}]
        answers = [visitor.client.get(f"{path}/{name}", query_string=query) for query in asked]
        assert {answer.status_code for answer in answers} == {403}
        assert researcher.request("GET", f"/records/{record['id']}/obscore/{name}?did={quote(did)}").status_code < 300
    assert visitor.client.get(f"{path}/preview", query_string={"did": "x", "file": "y"}).status_code == 400
