"""InvenioRDM's OAI-PMH server with our format and sets, read by an independent client; tombstones; large lists."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from lxml import etree
from researcher import METADATA, Researcher
from sample_files import image
from sickle import Sickle
from sickle.oaiexceptions import NoRecordsMatch
from ways_out import OAI_PREFIX
from werkzeug.serving import make_server

OAI = "{http://www.openarchives.org/OAI/2.0/}"
OBSCORE = "{urn:invenio-obscore:obscore:1.0}"


@pytest.fixture
def publish(researcher: Researcher, read_queued: Callable[[], int], run_tasks: Callable[[], int]) -> Callable[..., Any]:
    """Publishes a record with one file."""

    def publish(**cards: Any) -> Any:
        recid = researcher.draft({"a.fits": image(**cards)})
        read_queued()
        record = researcher.publish(recid)
        run_tasks()
        return record

    return publish


@pytest.fixture
def refresh(app: Any) -> Callable[[], None]:
    """Lets the search see what was published."""

    def refresh() -> None:
        from invenio_search import current_search_client

        with app.app_context():
            current_search_client.indices.refresh(index=f"{app.config['SEARCH_INDEX_PREFIX']}*")

    return refresh


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists tell of now, where a test has the search refreshed."""
    from invenio_obscore.rdm import oai_deleted

    monkeypatch.setattr(oai_deleted, "SETTLED_AFTER", timedelta(seconds=-1))


@pytest.fixture
def small_parts(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists come in parts of three."""
    monkeypatch.setitem(app.config, "OAISERVER_PAGE_SIZE", 3)


@pytest.fixture
def harvester(app: Any) -> Iterator[Sickle]:
    """An independent client at a real server."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Sickle(f"http://localhost:{server.server_port}/oai2d")
    server.shutdown()
    thread.join()


def ask(visitor: Researcher, query: str) -> tuple[int, Any]:
    """Status and document of an answer."""
    answer = visitor.client.get(f"/oai2d?{query}")
    return answer.status_code, etree.fromstring(answer.get_data())


def test_the_format_obscore_holds_the_rows_and_its_schema_validates_them(
    visitor: Researcher, publish: Callable[..., Any]
) -> None:
    record = publish(INSTRUME="OAICAM", DATE_OBS="2019-05-01T03:00:00", OBJECT="a & b")
    identifier = quote(record["pids"]["oai"]["identifier"])
    status, root = ask(visitor, f"verb=GetRecord&metadataPrefix=obscore&identifier={identifier}")
    assert status == 200
    products = root.find(f".//{OBSCORE}products")
    assert products.get("total") == "1"
    assert products.findtext(f"{OBSCORE}product/{OBSCORE}instrument_name") == "OAICAM"
    assert products.findtext(f"{OBSCORE}product/{OBSCORE}target_name") == "a & b"
    schema = etree.XMLSchema(etree.fromstring(visitor.client.get("/vo/obscore.xsd").get_data()))
    schema.assertValid(products)


_LIST = {"verb": "ListRecords", "metadataPrefix": "oai_dc"}


def test_errors_are_the_protocol_s(visitor: Researcher) -> None:
    """OAI-PMH 2.0, section 3.6, by GET and by POST (section 3.1.1.2)."""
    for arguments, code in (
        ({}, "badVerb"),
        ({"verb": "Nonsense"}, "badVerb"),
        ({"verb": "Identify", "set": "x"}, "badArgument"),
        ({"verb": "ListRecords"}, "badArgument"),
        (_LIST | {"from": "yesterday"}, "badArgument"),
        (_LIST | {"from": "2021-01-01", "until": "2020-01-01"}, "badArgument"),
        (_LIST | {"from": "2020-01-01", "until": "2020-01-02T00:00:00Z"}, "badArgument"),
        (_LIST | {"from": "2100-01-01"}, "noRecordsMatch"),
        (_LIST | {"set": "nonsense"}, "noRecordsMatch"),
        (_LIST | {"metadataPrefix": "nonsense"}, "cannotDisseminateFormat"),
        ({"verb": "ListRecords", "resumptionToken": "nonsense"}, "badResumptionToken"),
        ({"verb": "ListSets", "resumptionToken": "nonsense"}, "badResumptionToken"),
        ({"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": "oai:x:y"}, "idDoesNotExist"),
        ({"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": "a\0b"}, "idDoesNotExist"),
    ):
        for options in ({"query_string": arguments}, {"method": "POST", "data": arguments}):
            answer = visitor.client.open("/oai2d", **options)
            root = etree.fromstring(answer.get_data())
            assert (answer.status_code, root.find(f"{OAI}error").get("code")) == (200, code), arguments
            told = {} if code in ("badVerb", "badArgument") else {k: v.replace("\0", "") for k, v in arguments.items()}
            assert dict(root.find(f"{OAI}request").attrib) == told


def test_a_list_whose_snapshot_is_gone_cannot_be_resumed(
    app: Any, visitor: Researcher, publish: Callable[..., Any], refresh: Callable[[], None], small_parts: None
) -> None:
    from invenio_search import current_search_client
    from itsdangerous import URLSafeTimedSerializer

    for _ in range(4):
        publish()
    refresh()
    today = time.strftime("%Y-%m-%d", time.gmtime())
    _, root = ask(visitor, f"verb=ListIdentifiers&metadataPrefix=obscore&from=2020-01-01&until={today}")
    assert root.find(f"{OAI}request").get("until") == today
    token = root.findtext(f".//{OAI}resumptionToken")
    scroll = URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="ListIdentifiers").loads(token)["scroll_id"]
    _, root = ask(visitor, f"verb=ListIdentifiers&resumptionToken={quote(token)}")
    assert root.find(f".//{OAI}header") is not None
    with app.app_context():
        current_search_client.clear_scroll(scroll_id=scroll, ignore=[404])
    _, root = ask(visitor, f"verb=ListIdentifiers&resumptionToken={quote(token)}")
    assert root.find(f"{OAI}error").get("code") == "badResumptionToken"


def test_the_repository_may_have_a_translated_name(
    app: Any, visitor: Researcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    from invenio_i18n import lazy_gettext

    monkeypatch.setitem(app.config, "OAISERVER_REPOSITORY_NAME", lazy_gettext("Observatory Archive"))
    status, root = ask(visitor, "verb=Identify")
    assert status == 200
    assert root.findtext(f".//{OAI}repositoryName") == "Observatory Archive"


def test_the_format_is_announced_with_its_schema(visitor: Researcher) -> None:
    _, root = ask(visitor, "verb=ListMetadataFormats")
    schemas = {
        one.findtext(f"{OAI}metadataPrefix"): one.findtext(f"{OAI}schema") for one in root.iter(f"{OAI}metadataFormat")
    }
    assert schemas["obscore"] == "http://localhost/vo/obscore.xsd"
    assert {"oai_dc", "oai_datacite", "datacite"} <= set(schemas)


@pytest.mark.parametrize("prefix", ["obscore", "oai_datacite", "oai_dc"])
def test_a_tombstone_is_a_deleted_record(
    visitor: Researcher, administrator: Researcher, publish: Callable[..., Any], prefix: str
) -> None:
    _, identify = ask(visitor, "verb=Identify")
    assert identify.findtext(f".//{OAI}deletedRecord") == "transient"
    record = publish()
    administrator.delete(record["id"])
    identifier = quote(record["pids"]["oai"]["identifier"])
    status, root = ask(visitor, f"verb=GetRecord&metadataPrefix={prefix}&identifier={identifier}")
    assert status == 200
    assert root.find(f".//{OAI}header").get("status") == "deleted"
    assert root.find(f".//{OAI}metadata") is None
    administrator.restore(record["id"])
    _, root = ask(visitor, f"verb=GetRecord&metadataPrefix={prefix}&identifier={identifier}")
    assert root.find(f".//{OAI}header").get("status") is None
    assert root.find(f".//{OAI}metadata") is not None


RESTRICTED = {"access": {"record": "restricted", "files": "restricted"}}


def test_a_record_that_never_was_public_does_not_exist(
    visitor: Researcher,
    researcher: Researcher,
    administrator: Researcher,
    refresh: Callable[[], None],
) -> None:
    record = researcher.publish(researcher.draft({"a.fits": image()}, **RESTRICTED))
    identifier = f"{OAI_PREFIX}{record['id']}"
    for end in (lambda: None, lambda: administrator.delete(record["id"])):
        end()
        refresh()
        _, root = ask(visitor, f"verb=GetRecord&metadataPrefix=oai_dc&identifier={quote(identifier)}")
        assert root.find(f"{OAI}error").get("code") == "idDoesNotExist"
        assert identifier not in _identifiers(visitor, "")


def test_what_becomes_restricted_is_told_as_deleted_and_comes_back(
    visitor: Researcher,
    researcher: Researcher,
    administrator: Researcher,
    publish: Callable[..., Any],
    run_tasks: Callable[[], int],
    refresh: Callable[[], None],
) -> None:
    """Of such a record a harvester learns that it went, and when; nothing of what becomes of it since."""
    record = publish(INSTRUME="LEFTCAM")
    identifier = record["pids"]["oai"]["identifier"]
    refresh()

    def change(**changes: Any) -> tuple[Any, Any]:
        researcher.edit(record["id"])
        researcher.save(record["id"], **changes)
        researcher.publish(record["id"])
        run_tasks()
        return told()

    def told() -> tuple[Any, Any]:
        """The record by itself, and as a list tells it."""
        refresh()
        _, one = ask(visitor, f"verb=GetRecord&metadataPrefix=oai_dc&identifier={quote(identifier)}")
        _, some = ask(visitor, f"verb=ListRecords&metadataPrefix=oai_dc&from={one.findtext(f'.//{OAI}datestamp')}")
        listed = [
            record for record in some.iter(f"{OAI}record") if record.findtext(f".//{OAI}identifier") == identifier
        ]
        return one.find(f".//{OAI}record"), listed[0]

    for restricted in told():
        assert "obscore:image" in [element.text for element in restricted.iter(f"{OAI}setSpec")]
    gone = change(**RESTRICTED)
    for restricted in gone:
        assert restricted.find(f"{OAI}header").get("status") == "deleted"
        assert restricted.find(f"{OAI}metadata") is None
        assert "obscore:image" in [element.text for element in restricted.iter(f"{OAI}setSpec")]
    assert identifier in _identifiers(visitor, f"&set={quote('obscore:image')}")
    assert identifier not in _identifiers(visitor, f"&set={quote('obscore:spectrum')}")
    time.sleep(1.1)
    metadata = {**METADATA["metadata"], "title": "Secret"}
    for later in (change(**RESTRICTED, metadata=metadata), (administrator.delete(record["id"]), told())[1]):
        assert [etree.tostring(one) for one in later] == [etree.tostring(one) for one in gone]
    administrator.restore(record["id"])
    for public in change():
        assert public.find(f"{OAI}header").get("status") is None
        assert public.find(f"{OAI}metadata") is not None
        assert public.findtext(f".//{OAI}datestamp") > gone[0].findtext(f".//{OAI}datestamp")


def test_sets_of_product_types_and_collections_select_their_records(
    app: Any, visitor: Researcher, publish: Callable[..., Any], refresh: Callable[[], None]
) -> None:
    from invenio_obscore.rdm import registry_update

    record = publish(INSTRUME="SETCAM")
    refresh()
    with app.app_context():
        registry_update.rebuild()
    _, root = ask(visitor, "verb=ListSets")
    specs: list[str] = []
    while True:
        specs += [element.text for element in root.iter(f"{OAI}setSpec")]
        token = root.findtext(f".//{OAI}resumptionToken")
        if not token:
            break
        _, root = ask(visitor, f"verb=ListSets&resumptionToken={quote(token)}")
    assert "obscore:image" in specs
    collection = next(spec for spec in specs if spec.startswith("obscore-collection:tests-"))
    for spec, expected in (("obscore:image", True), (collection, True), ("obscore:spectrum", False)):
        found = _identifiers(visitor, f"&set={quote(spec)}")
        assert (record["pids"]["oai"]["identifier"] in found) == expected


def _identifiers(visitor: Researcher, arguments: str) -> list[str]:
    status, root = ask(visitor, f"verb=ListIdentifiers&metadataPrefix=obscore{arguments}")
    found: list[str] = []
    while True:
        assert status < 500
        found += [element.text for element in root.iter(f"{OAI}identifier")]
        token = root.findtext(f".//{OAI}resumptionToken")
        if not token:
            return found
        status, root = ask(visitor, f"verb=ListIdentifiers&resumptionToken={quote(token)}")


class Portal:
    """What a portal knows of the repository: it asks again from the date of the last answer on."""

    def __init__(self, harvester: Sickle, **arguments: str) -> None:
        self.harvester = harvester
        self.arguments = arguments
        self.since = ""
        self.known: dict[str, bool] = {}

    def harvest(self, meanwhile: Callable[[], None] = lambda: None) -> list[str]:
        """Take everything new; ``meanwhile`` happens behind the first part. Identifiers in the order of the list."""
        begin = {"from": self.since} if self.since else {}
        try:
            records = self.harvester.ListRecords(ignore_deleted=False, **self.arguments, **begin)
        except NoRecordsMatch:
            return []
        first = etree.fromstring(records.oai_response.raw.encode())
        self.since = first.findtext(f"{OAI}responseDate")
        taken: list[str] = []
        for number, record in enumerate(records):
            if number == 2:
                meanwhile()
            assert (record.xml.find(f"{OAI}metadata") is None) == record.deleted
            taken.append(record.header.identifier)
            self.known[record.header.identifier] = not record.deleted
        assert len(taken) == len(set(taken))
        return taken


@pytest.mark.parametrize("prefix", ["obscore", "oai_datacite"])
def test_a_portal_that_harvests_while_records_come_and_go_knows_all_of_them(
    harvester: Sickle,
    administrator: Researcher,
    publish: Callable[..., Any],
    refresh: Callable[[], None],
    small_parts: None,
    monkeypatch: pytest.MonkeyPatch,
    prefix: str,
) -> None:
    from invenio_obscore.rdm import oai_deleted

    monkeypatch.setattr(oai_deleted, "SETTLED_AFTER", timedelta(seconds=2))
    truth = {publish()["pids"]["oai"]["identifier"]: True for _ in range(5)}
    doomed = [publish() for _ in range(2)]

    def change() -> None:
        truth[publish()["pids"]["oai"]["identifier"]] = True
        gone = doomed.pop()
        administrator.delete(gone["id"])
        truth[gone["pids"]["oai"]["identifier"]] = False

    portal = Portal(harvester, metadataPrefix=prefix)
    time.sleep(3)
    portal.harvest(change)
    # Asked at once: what has just been published has its date, but the search does not find it yet.
    portal.harvest(change)
    time.sleep(3)
    portal.harvest()
    assert {one: portal.known.get(one) for one in truth} == truth
    time.sleep(1)
    assert not set(portal.harvest()) & set(truth)


def test_a_set_tells_of_deletions_in_it(
    visitor: Researcher, administrator: Researcher, publish: Callable[..., Any], refresh: Callable[[], None]
) -> None:
    record = publish()
    administrator.delete(record["id"])
    refresh()
    identifier = record["pids"]["oai"]["identifier"]
    assert identifier in _identifiers(visitor, f"&set={quote('obscore:image')}")
    assert identifier not in _identifiers(visitor, f"&set={quote('obscore:spectrum')}")


def test_many_documents_are_listed_completely(
    app: Any, visitor: Researcher, publish: Callable[..., Any], refresh: Callable[[], None], monkeypatch: Any
) -> None:
    """Documents put straight into the index (a hundred here; benchmarks/harvest.py takes 100,000)."""
    from invenio_rdm_records.proxies import current_rdm_records_service
    from invenio_search import current_search_client
    from invenio_search.utils import build_alias_name

    record = publish()
    refresh()
    with app.app_context():
        alias = build_alias_name(current_rdm_records_service.record_cls.index._name)
        query = {"query": {"term": {"id": record["id"]}}}
        source = current_search_client.search(index=alias, body=query)["hits"]["hits"][0]["_source"]
        body: list[dict[str, Any]] = []
        for number in range(100):
            name = f"synthetic-{number:03d}"
            pids = {**source["pids"], "oai": {**source["pids"]["oai"], "identifier": f"oai:synthetic:{number}"}}
            body += [{"index": {"_index": alias, "_id": name}}, {**source, "id": name, "uuid": name, "pids": pids}]
        current_search_client.bulk(body=body, refresh=True)
    try:
        found = _identifiers(visitor, "")
        synthetic = [one for one in found if one.startswith("oai:synthetic:")]
        assert sorted(synthetic) == sorted(f"oai:synthetic:{number}" for number in range(100))
    finally:
        with app.app_context():
            current_search_client.delete_by_query(
                index=alias, body={"query": {"prefix": {"id": "synthetic-"}}}, refresh=True, conflicts="proceed"
            )
