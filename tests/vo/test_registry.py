"""The publishing registry: OAI-PMH's rules, RegistryInterfaces' rules, the official schemas, real harvesters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from sickle import Sickle
from sickle.oaiexceptions import NoRecordsMatch

from invenio_obscore.db import registry as stored
from invenio_obscore.db.registry import StoredResource
from invenio_obscore.registry import oai, voresource
from invenio_obscore.registry.coverage import Coverage
from invenio_obscore.registry.facts import Contact, Named, Relationship, Resource
from invenio_obscore.vo import oai as view

from . import registry_xsd

OAI = "{http://www.openarchives.org/OAI/2.0/}"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
AUTHORITY = "ivo://test.example"
OWN = {f"{AUTHORITY}{path}" for path in ("", "/registry", "/organisation", "/obscore")}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def facts(number: int, moment: datetime) -> Resource:
    """A collection as a repository describes it."""
    return Resource(
        identifier=f"{AUTHORITY}/collection/c{number:05d}",
        title=f"Collection {number} <&> Ångström\x00",
        short_name=f"Collection {number} with a long name",
        description="Images of the sky.",
        reference_url=f"https://repository.example/communities/c{number}",
        publisher=Named("Observatory", f"{AUTHORITY}/organisation"),
        contact=Contact("Operators", "ops@repository.example"),
        created=LONG_AGO,
        updated=moment,
        alternates=("doi:10.5072/abc",),
        creators=(
            Named("Leavitt, Henrietta", "https://orcid.org/0000-0002-1825-0097"),
            Named("Payne, Cecilia"),
            Named(" \x00"),
        ),
        contributors=(Named("Data Centre"),),
        dates=(("2020-01-01", "Issued"),),
        version="2",
        subjects=("optical-astronomy",),
        source="2024A&A...681A...1X",
        types=("Archive",),
        relationships=(Relationship("IsServedBy", (Named("TAP service", f"{AUTHORITY}/obscore"),)),),
        rights=(("CC BY 4.0", "https://spdx.org/licenses/CC-BY-4.0.html"),),
    )


COVERAGE = Coverage("6/1-3 7", ((58604.0, 58605.0),), ((2e-19, 5e-19),), ("Optical",))


def document(number: int, moment: datetime) -> str:
    resource = voresource.collection(facts(number, moment), COVERAGE, "https://v.example/tap", ("1.2m",), ("CAM",))
    return voresource.serialize(resource)


def resource(number: int, moment: datetime, *, deleted: bool = False) -> StoredResource:
    text = None if deleted else document(number, moment)
    return StoredResource(f"{AUTHORITY}/collection/c{number:05d}", f"c{number}", text, LONG_AGO, moment)


@pytest.fixture
def connection(database) -> Iterator[sa.Connection]:
    engine = sa.create_engine(database.owner.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as made:
        yield made
        made.rollback()
        made.execute(sa.text(f"TRUNCATE {stored.SCHEMA}.resource, {stored.SCHEMA}.contribution, {stored.SCHEMA}.mark"))
        made.execute(sa.text(f"TRUNCATE {stored.SCHEMA}.cell, {stored.SCHEMA}.term"))
        made.execute(sa.text(f"UPDATE {stored.SCHEMA}.established SET updated = created - interval '1 hour'"))
        made.commit()
    engine.dispose()


@pytest.fixture
def collections(connection: sa.Connection) -> sa.Connection:
    """Five hundred collections, each a second after the one before; every fiftieth was deleted."""
    connection.execute(
        sa.text(f"UPDATE {stored.SCHEMA}.established SET updated = '2020-01-01Z', created = '2020-01-01Z'")
    )
    for number in range(500):
        moment = LONG_AGO + timedelta(seconds=number // 3)
        stored.write_resource(connection, resource(number, moment, deleted=number % 50 == 7), rows=number)
    connection.commit()
    return connection


def ask(client, method: str = "get", **arguments: str) -> etree._Element:
    """An answer, which is always 200 and valid."""
    options = {"query_string": arguments} if method == "get" else {"data": arguments}
    answer = getattr(client, method)("/oai", **options)
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/xml")
    assert registry_xsd.errors(answer.data) == []
    return etree.fromstring(answer.data)


def error_code(root: etree._Element) -> str:
    return root.find(f"{OAI}error").get("code")


# ------------------------------------------------------------------------------------------------- RegistryInterfaces
@pytest.mark.parametrize("method", ["get", "post"])
def test_identify_holds_the_registry_record(client, collections, method: str) -> None:
    root = ask(client, method, verb="Identify")
    inner = root.find(f"{OAI}Identify")
    assert inner.findtext(f"{OAI}baseURL") == root.findtext(f"{OAI}request") == "http://localhost/oai"
    assert inner.findtext(f"{OAI}granularity") == "YYYY-MM-DDThh:mm:ssZ"
    assert inner.findtext(f"{OAI}deletedRecord") == "persistent"
    assert inner.findtext(f"{OAI}earliestDatestamp") == "2020-01-01T00:00:00Z"
    record = inner.find(f"{OAI}description")[0]
    assert record.get(XSI_TYPE) == "vg:Registry"
    assert record.findtext("identifier") == f"{AUTHORITY}/registry"
    assert record.findtext("managedAuthority") == "test.example"
    assert record.findtext("full") == "false"


def test_there_is_one_set_and_its_name_is_the_standard_s(client, collections) -> None:
    specs = [element.text for element in ask(client, verb="ListSets").iter(f"{OAI}setSpec")]
    assert specs == ["ivo_managed"]


def test_formats_are_ivo_vor_and_oai_dc(client, collections) -> None:
    root = ask(client, verb="ListMetadataFormats")
    assert [element.text for element in root.iter(f"{OAI}metadataPrefix")] == ["ivo_vor", "oai_dc"]


@pytest.mark.parametrize("prefix", ["ivo_vor", "oai_dc"])
def test_every_record_is_listed_once_in_the_order_of_datestamps(client, collections, prefix: str) -> None:
    seen, stamps, token = [], [], ""
    while True:
        arguments = {"resumptionToken": token} if token else {"metadataPrefix": prefix, "set": "ivo_managed"}
        root = ask(client, verb="ListRecords", **arguments)
        for record in root.iter(f"{OAI}record"):
            header = record.find(f"{OAI}header")
            seen.append(header.findtext(f"{OAI}identifier"))
            stamps.append(header.findtext(f"{OAI}datestamp"))
            assert (header.get("status") == "deleted") == (record.find(f"{OAI}metadata") is None)
        part = root.find(f".//{OAI}resumptionToken")
        assert part.get("completeListSize") == "504"
        if not (token := part.text or ""):
            break
    assert len(seen) == len(set(seen)) == 504
    assert set(seen) >= OWN
    assert stamps == sorted(stamps)


def test_the_registry_s_own_records_are_there(client, collections) -> None:
    """RegistryInterfaces 1.1, section 3.1.4: the registry itself, and an authority for each one managed."""
    kinds = {}
    for identifier in OWN:
        root = ask(client, verb="GetRecord", identifier=identifier.upper(), metadataPrefix="ivo_vor")
        inner = root.find(f".//{OAI}metadata")[0]
        assert inner.findtext("identifier") == identifier
        assert etree.QName(inner).localname == "Resource"
        assert inner.get("status") == "active"
        kinds[inner.get(XSI_TYPE)] = inner
    assert set(kinds) == {"vg:Registry", "vg:Authority", "vr:Organisation", "vs:CatalogService"}
    assert kinds["vg:Authority"].find("managingOrg").get("ivo-id") == f"{AUTHORITY}/organisation"
    for inner in kinds.values():
        assert inner.findtext("title")
        assert len(inner.findtext("shortName") or "") <= 16
        assert inner.findtext("curation/contact/name")
        assert inner.findtext("content/subject")


def test_the_service_record_says_what_the_service_says(client, collections) -> None:
    root = ask(client, verb="GetRecord", identifier=f"{AUTHORITY}/obscore", metadataPrefix="ivo_vor")
    record = root.find(f".//{OAI}metadata")[0]
    capabilities = etree.fromstring(client.get("/tap/capabilities").data)
    assert [c.get("standardID") for c in record.iter("capability")] == [
        c.get("standardID") for c in capabilities.iter("capability")
    ]
    assert [m.text for m in record.iter("dataModel")] == [m.text for m in capabilities.iter("dataModel")]
    tables = etree.fromstring(client.get("/tap/tables").data)
    assert [c.findtext("name") for c in record.iter("column")] == [c.findtext("name") for c in tables.iter("column")]


def test_a_collection_s_record(client, collections) -> None:
    root = ask(client, verb="GetRecord", identifier=f"{AUTHORITY}/collection/c00003", metadataPrefix="ivo_vor")
    record = root.find(f".//{OAI}metadata")[0]
    assert record.get(XSI_TYPE) == "vs:CatalogResource"
    assert record.findtext("altIdentifier") == "doi:10.5072/abc"
    assert record.find("capability").get("standardID") == "ivo://ivoa.net/std/TAP#aux"
    assert record.find("content/relationship/relatedResource").get("ivo-id") == f"{AUTHORITY}/obscore"
    assert record.findtext("coverage/spatial") == "6/1-3 7"
    assert record.findtext("rights") == "CC BY 4.0"


def test_what_was_deleted_says_so(client, collections) -> None:
    root = ask(client, verb="GetRecord", identifier=f"{AUTHORITY}/collection/c00007", metadataPrefix="ivo_vor")
    assert root.find(f".//{OAI}header").get("status") == "deleted"
    assert root.find(f".//{OAI}metadata") is None


# ------------------------------------------------------------------------------------------------------------- OAI-PMH
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({}, "badVerb"),
        ({"verb": "Nonsense"}, "badVerb"),
        ({"verb": "Identify", "set": "x"}, "badArgument"),
        ({"verb": "ListRecords"}, "badArgument"),
        ({"verb": "ListRecords", "metadataPrefix": "ivo_vor", "from": "yesterday"}, "badArgument"),
        ({"verb": "ListRecords", "metadataPrefix": "ivo_vor", "from": "2020-13-01"}, "badArgument"),
        (
            {"verb": "ListRecords", "metadataPrefix": "ivo_vor", "from": "2021-01-01", "until": "2020-01-01"},
            "badArgument",
        ),
        (
            {"verb": "ListRecords", "metadataPrefix": "ivo_vor", "from": "2020-01-01", "until": "2020-01-01T00:00:00Z"},
            "badArgument",
        ),
        ({"verb": "ListRecords", "metadataPrefix": "nonsense"}, "cannotDisseminateFormat"),
        ({"verb": "ListRecords", "metadataPrefix": "ivo_vor", "from": "2100-01-01"}, "noRecordsMatch"),
        ({"verb": "ListRecords", "metadataPrefix": "ivo_vor", "set": "x"}, "noRecordsMatch"),
        ({"verb": "ListRecords", "resumptionToken": "nonsense"}, "badResumptionToken"),
        ({"verb": "ListRecords", "resumptionToken": "WzFd"}, "badResumptionToken"),
        ({"verb": "ListRecords", "resumptionToken": "x", "metadataPrefix": "ivo_vor"}, "badArgument"),
        ({"verb": "GetRecord", "identifier": "ivo://x/y", "metadataPrefix": "ivo_vor"}, "idDoesNotExist"),
        ({"verb": "GetRecord", "identifier": "a\x00b", "metadataPrefix": "ivo_vor"}, "idDoesNotExist"),
        ({"verb": "ListMetadataFormats", "identifier": "ivo://x/y"}, "idDoesNotExist"),
    ],
)
def test_errors_are_the_protocol_s(client, collections, arguments: dict[str, str], code: str) -> None:
    root = ask(client, **arguments)
    assert error_code(root) == code
    # Section 3.2: no attributes where the request itself was at fault.
    assert bool(root.find(f"{OAI}request").attrib) == (code not in ("badVerb", "badArgument"))


def test_days_and_seconds_limit_a_list_inclusively(client, collections) -> None:
    for begin, until, count in (
        ("2020-01-01T00:00:01Z", "2020-01-01T00:00:02Z", 6),
        ("2020-01-01T00:00:01Z", "2020-01-01T00:00:01Z", 3),
        ("2020-01-01T00:02:46Z", "2020-01-02T00:00:00Z", 2),
    ):
        root = ask(client, verb="ListIdentifiers", metadataPrefix="ivo_vor", **{"from": begin, "until": until})
        assert len(list(root.iter(f"{OAI}header"))) == count
    whole = ask(
        client, verb="ListIdentifiers", metadataPrefix="ivo_vor", **{"from": "2020-01-01", "until": "2020-01-01"}
    )
    assert whole.find(f".//{OAI}resumptionToken").get("completeListSize") == "504"


@given(st.text(max_size=60))
def test_any_token_is_refused_or_understood(text: str) -> None:
    try:
        oai.parse([("verb", "ListRecords"), ("resumptionToken", text)])
    except oai.OaiError as problem:
        assert problem.code == "badResumptionToken"


@given(st.recursive(st.none() | st.integers() | st.text(max_size=9), lambda inner: st.lists(inner, max_size=7)))
def test_tokens_of_strange_contents_are_refused(value: object) -> None:
    import base64

    text = base64.urlsafe_b64encode(json.dumps(value).encode()).decode()
    with pytest.raises(oai.OaiError):
        oai.parse([("verb", "ListRecords"), ("resumptionToken", text)])


@pytest.mark.parametrize(
    "changed",
    [
        {0: ["ivo_vor"]},
        {0: {}},
        {0: None},
        {3: ["2020-01-01T00:00:00+00:00", "ivo://a\0b"]},
        {3: ["2020-01-01T00:00:00+00:00", "\ud800"]},
        {3: ["2020-01-01T00:00:00+00:00", 7]},
    ],
)
def test_a_forged_token_is_a_bad_token(client, collections, changed: dict[int, object]) -> None:
    import base64

    moment = "2020-01-01T00:00:00+00:00"
    values: list[object] = ["ivo_vor", None, "2100-01-01T00:00:00+00:00", [moment, "ivo://x/y"], 1, 2]

    def answer() -> etree._Element:
        token = base64.urlsafe_b64encode(json.dumps(values).encode()).decode()
        return ask(client, verb="ListIdentifiers", resumptionToken=token)

    assert answer().find(f"{OAI}error") is None
    for place, value in changed.items():
        values[place] = value
    assert error_code(answer()) == "badResumptionToken"


# ---------------------------------------------------------------------------------------------------------- harvesters
@pytest.fixture
def harvester(tap_url: str) -> Sickle:
    return Sickle(tap_url.replace("/tap", "/oai"))


def test_a_harvester_takes_everything_then_what_changed(harvester: Sickle, collections, monkeypatch) -> None:
    """As a full registry does: all, then again and again since the last answer; nothing missed, nothing twice."""
    known: dict[str, str | None] = {}
    taken: list[tuple[str, str]] = []
    since = _harvest(harvester, known, taken, None)
    assert len(known) == 504
    for turn in range(3):
        moment = datetime.now(UTC).replace(microsecond=0)
        for number in (turn, 100 + turn, 600 + turn):
            stored.write_resource(collections, resource(number, moment, deleted=number == 100 + turn), rows=1)
        collections.commit()
        _wait_until_settled(moment)
        since = _harvest(harvester, known, taken, since)
    assert known[f"{AUTHORITY}/collection/c00101"] is None
    assert known[f"{AUTHORITY}/collection/c00601"] is not None
    assert len(known) == 507
    assert len(taken) == len(set(taken)), "an entry came twice"


def _wait_until_settled(moment: datetime) -> None:
    import time

    while datetime.now(UTC) - view.SETTLED_AFTER <= moment + timedelta(seconds=1):
        time.sleep(0.2)


def _harvest(harvester: Sickle, known: dict[str, str | None], taken: list[tuple[str, str]], since: str | None) -> str:
    identify = harvester.Identify()
    asked = etree.fromstring(harvester.harvest(verb="Identify").raw.encode()).findtext(f"{OAI}responseDate")
    assert identify.granularity == "YYYY-MM-DDThh:mm:ssZ"
    arguments = {"metadataPrefix": "ivo_vor", "set": "ivo_managed", "until": _before(asked)}
    if since:
        arguments["from"] = since
    try:
        for record in harvester.ListRecords(**arguments):
            header = record.header
            taken.append((header.identifier, header.datestamp))
            known[header.identifier] = None if header.deleted else record.raw
    except NoRecordsMatch:
        pass
    return asked


def _before(moment: str) -> str:
    earlier = datetime.fromisoformat(moment) - timedelta(seconds=1)
    return voresource.instant(earlier)


def test_a_list_that_is_being_read_does_not_change(client, collections) -> None:
    first = ask(client, verb="ListIdentifiers", metadataPrefix="ivo_vor")
    token = first.find(f".//{OAI}resumptionToken").text
    now = datetime.now(UTC).replace(microsecond=0)
    for number in (1, 450):
        stored.write_resource(collections, resource(number, now), rows=1)
    collections.commit()
    seen = [element.text for element in first.iter(f"{OAI}identifier")]
    while token:
        root = ask(client, verb="ListIdentifiers", resumptionToken=token)
        seen += [element.text for element in root.iter(f"{OAI}identifier")]
        token = root.find(f".//{OAI}resumptionToken").text
    assert len(seen) == len(set(seen)) == 503, "what changed meanwhile comes with the next harvest"


# ------------------------------------------------------------------------------------------------------------ coverage
ROW = """INSERT INTO ivoa.obscore (obs_publisher_did, obs_id, obs_collection, calib_level, s_ra, s_dec, s_fov, s_region,
  t_min, t_max, em_min, em_max, dataproduct_type, instrument_name, parent_uuid)
  VALUES (:did, 'x', 'Deep', 2, :ra, :dec, 0.1, :region, :t, :t + 0.1, :em, :em * 1.1, 'image', :instrument, :parent)"""


def add_rows(connection: sa.Connection, parent: UUID, number: int, **changes: object) -> None:
    values = {"ra": 10.0, "dec": 20.0, "region": None, "t": 58000.5, "em": 5e-7, "instrument": "CAM", "parent": parent}
    connection.execute(
        sa.text(ROW), [{**values, "did": f"ivo://test.example/obscore?{parent}/{n}", **changes} for n in range(number)]
    )
    stored.mark(connection, parent)


def fold(connection: sa.Connection) -> set[str]:
    marked = stored.take_marks(connection, 1000)
    assert marked is not None
    return stored.refresh(connection, marked, stored.by_name)


def test_coverage_follows_the_rows(connection: sa.Connection) -> None:
    first, second = uuid4(), uuid4()
    add_rows(connection, first, 2)
    add_rows(connection, second, 1, ra=200.0, em=0.2, t=59000.2, instrument="DISH")
    assert fold(connection) == {"Deep"}
    both = stored.read_collection(connection, "Deep")
    assert (both.rows, both.records) == (3, 2)
    assert both.coverage.bands == ("Optical", "Radio")
    assert both.coverage.temporal == ((58000.0, 58001.0), (59000.0, 59001.0))
    assert [band[0] < band[1] for band in both.coverage.spectral] == [True, True]
    assert both.terms["instrument"] == ("CAM", "DISH")
    connection.execute(sa.text("DELETE FROM ivoa.obscore WHERE parent_uuid = :one"), {"one": second})
    stored.mark(connection, second)
    assert fold(connection) == {"Deep"}
    left = stored.read_collection(connection, "Deep")
    assert left.coverage.bands == ("Optical",)
    assert left.terms["instrument"] == ("CAM",)
    assert set(left.coverage.moc.split()) < set(both.coverage.moc.split()) | set(left.coverage.moc.split())
    stored.mark(connection, first)
    assert fold(connection) == set(), "nothing changed"
    connection.execute(sa.text("DELETE FROM ivoa.obscore WHERE parent_uuid = :one"), {"one": first})
    stored.mark(connection, first)
    fold(connection)
    assert stored.read_collection(connection, "Deep").rows == 0
    assert stored.read_collection(connection, "Deep").coverage == Coverage()


@pytest.mark.parametrize(
    "region",
    [
        "Circle ICRS 10 20 0.5",
        "Polygon ICRS 10 20 11 20 11 21 10 21",
        "Polygon ICRS 11 21 11 20 10 20 10 21",
        "Union ICRS (Circle 10 20 0.5 Polygon 10 20 11 20 11 21)",
        "Circle ICRS 0 90 1",
        "Polygon ICRS 359.5 -1 0.5 -1 0.5 1 359.5 1",
        "Circle ICRS 10 20 0",
        "Circle ICRS 10 20 180",
        "nonsense",
    ],
)
def test_any_region_gives_cells_around_it_or_none(connection: sa.Connection, region: str) -> None:
    from mocpy import MOC

    add_rows(connection, uuid4(), 1, region=region)
    fold(connection)
    moc = stored.read_collection(connection, "Deep").coverage.moc
    if region == "nonsense":
        assert moc == ""
    else:
        share = MOC.from_string(moc).sky_fraction
        assert share == pytest.approx(1) if region.endswith("180") else 0 < share < 0.002
