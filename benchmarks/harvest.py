"""Harvests of the VO Registry and of OAI-PMH, and what keeping the Registry up to date costs.

    python benchmarks/harvest.py [--collections 10000] [--documents 100000] [--records 1] [--rows 1000000]
                                 [--seconds 60] [--complete]

Needs the services (``python3 -m services start``); it makes an instance of its own and removes it. Of the documents of
OAI-PMH ``--records`` are published records, the others copies of the first, put straight into the index; the formats
take turns, page by page, for ``--seconds`` each; with ``--complete`` all documents must come in the module's formats.
"""

from __future__ import annotations

import argparse
import re
import resource
import statistics
import sys
import time
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import quote

from measured_instance import application
from sample_files import image

_TOKEN = re.compile(rb"<resumptionToken[^>]*>([^<]+)</resumptionToken>")
_IDENTIFIER = re.compile(rb"<header>\s*<identifier>([^<]+)</identifier>")
_ROWS_OF_A_RECORD = 100


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--collections", type=int, default=10_000)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--records", type=int, default=1)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--complete", action="store_true")
    arguments = parser.parse_args()
    with application(OAISERVER_PAGE_SIZE=100) as app:
        try:
            _registry(app, arguments.collections)
            _coverage(app, arguments.rows)
            _fill_index(app, arguments.documents, arguments.records)
            _oai_pmh(app, arguments.documents, arguments.seconds, complete=arguments.complete)
        finally:
            _remove_indices(app)
    return 0


def _remove_indices(app: Any) -> None:
    from invenio_search import current_search

    with app.app_context():
        list(current_search.delete(ignore=[404]))


def _megabytes() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# ------------------------------------------------------------------------------------------------------------- registry
def _registry(app: Any, collections: int) -> None:
    """A complete harvest of as many synthetic collections as asked for."""
    from invenio_db import db

    from invenio_obscore.db import registry as stored
    from invenio_obscore.db.registry import StoredResource
    from invenio_obscore.registry import voresource
    from invenio_obscore.registry.coverage import Coverage
    from invenio_obscore.registry.facts import Contact, Named, Resource

    moment = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    with app.app_context():
        connection = db.session.connection()
        for number in range(collections):
            identifier = f"ivo://test.obscore/collection/synthetic-{number:05d}"
            facts = Resource(
                identifier=identifier,
                title=f"Collection {number}",
                description="Images of a part of the sky. " * 10,
                reference_url=f"https://repository.example/{number}",
                publisher=Named("Observatory", "ivo://test.obscore/organisation"),
                contact=Contact("Operators", "ops@repository.example"),
                created=moment,
                updated=moment,
                creators=tuple(Named(f"Author, Number {n}") for n in range(10)),
            )
            cells = " ".join(str(7 * n + number % 7) for n in range(100))
            coverage = Coverage(f"6/{cells}", ((58604.0, 58605.0),), ((2e-19, 5e-19),), ("Optical",))
            document = voresource.collection(facts, coverage, "https://repository.example/vo/tap", ("1.2m",), ("CAM",))
            written = StoredResource(identifier, f"synthetic {number}", voresource.serialize(document), moment, moment)
            stored.write_resource(connection, written, rows=1)
        db.session.commit()
    for prefix in ("ivo_vor", "oai_dc"):
        before, started, count = _megabytes(), time.perf_counter(), 0
        for page in _pages(app, "/vo/oai", prefix):
            count += page.count(b"<record>")
        seconds = time.perf_counter() - started
        print(
            f"registry  {prefix:13} {count:7,d} records {count / seconds:8,.0f} /s"
            f"  memory grew by {_megabytes() - before:.0f} MB"
        )


def _pages(app: Any, address: str, prefix: str) -> Iterator[bytes]:
    """The parts of a list."""
    client, query = app.test_client(), f"metadataPrefix={prefix}"
    while True:
        answer = client.get(f"{address}?verb=ListRecords&{query}")
        if answer.status_code != 200:
            raise SystemExit(f"{address}: {answer.status_code} {answer.get_data(as_text=True)[:500]}")
        page = answer.get_data()
        yield page
        token = _TOKEN.search(page)
        if token is None:
            return
        query = f"resumptionToken={quote(token[1].decode())}"


# ------------------------------------------------------------------------------------------------------------- coverage
_INSERT = """INSERT INTO ivoa.obscore (obs_publisher_did, obs_id, obs_collection, calib_level, s_ra, s_dec, s_fov,
  t_min, t_max, em_min, em_max, dataproduct_type, instrument_name, parent_uuid)
SELECT 'ivo://test.obscore/obscore?bench/' || n, 'x', 'Benchmark', 2, (n * 0.61803398875 * 360)::numeric % 360,
  degrees(asin(2 * ((n * 0.7548776662)::numeric % 1)::float8 - 1)), 0.1, 58000 + n % 2000, 58000.1 + n % 2000,
  4e-7, 5e-7, 'image', 'CAM' || n % 20, md5((n / :each)::text)::uuid FROM generate_series(1, :rows) AS g(n)"""


def _coverage(app: Any, rows: int) -> None:
    """One record of a collection of so many rows changes, several times."""
    from invenio_db import db
    from sqlalchemy import text

    from invenio_obscore.db import registry as stored
    from invenio_obscore.rdm import registry_update

    with app.app_context():
        started = time.perf_counter()
        db.session.execute(text(_INSERT), {"rows": rows, "each": _ROWS_OF_A_RECORD})
        db.session.commit()
        print(f"coverage  {rows:,d} rows inserted in {time.perf_counter() - started:.0f} s")
        started = time.perf_counter()
        registry_update.rebuild()
        print(f"coverage  first time, all of them: {time.perf_counter() - started:.0f} s")
        times = []
        for turn in range(1, 8):
            parent = db.session.scalar(
                text(
                    "UPDATE ivoa.obscore SET em_max = em_max * power(4, :turn), s_dec = -s_dec"
                    " WHERE obs_publisher_did = :did RETURNING parent_uuid"
                ),
                {"turn": turn, "did": f"ivo://test.obscore/obscore?bench/{turn * _ROWS_OF_A_RECORD}"},
            )
            stored.mark(db.session.connection(), parent)
            db.session.commit()
            started = time.perf_counter()
            changed = registry_update.update()
            times.append(time.perf_counter() - started)
            if changed != 1:
                raise SystemExit("the collection did not change")
        worst = max(times)
        print(f"coverage  one record changed: median {statistics.median(times):.2f} s, worst {worst:.2f} s (goal 2 s)")


# -------------------------------------------------------------------------------------------------------------- OAI-PMH
def _oai_pmh(app: Any, documents: int, seconds: float, *, complete: bool) -> None:
    """Ours beside InvenioRDM's own, taking turns."""
    ours = ("oai_datacite", "obscore")
    prefixes = ("oai_dc", *ours)
    lists = {prefix: _pages(app, "/oai2d", prefix) for prefix in prefixes}
    spent = dict.fromkeys(prefixes, 0.0)
    # Of the identifiers their hashes: what the harvester itself remembers shall not show in the memory of the server.
    seen = {prefix: array("q") for prefix in prefixes}
    warm = 0.0
    while lists:
        for prefix in list(lists):
            started = time.perf_counter()
            page = next(lists[prefix], None)
            spent[prefix] += time.perf_counter() - started
            if page is not None:
                seen[prefix].extend(map(hash, _IDENTIFIER.findall(page)))
            if page is None or (spent[prefix] >= seconds and not (complete and prefix in ours)):
                del lists[prefix]
        warm = warm or (_megabytes() if sum(map(len, seen.values())) > 2000 else 0.0)
    grown = _megabytes() - (warm or _megabytes())
    for prefix in prefixes:
        if len(set(seen[prefix])) != len(seen[prefix]):
            raise SystemExit(f"{prefix}: something came twice")
        if complete and prefix in ours and len(seen[prefix]) != documents:
            raise SystemExit(f"{prefix}: {len(seen[prefix])} of {documents} came")
    base = len(seen["oai_dc"]) / spent["oai_dc"]
    for prefix in prefixes:
        rate = len(seen[prefix]) / spent[prefix]
        beside = f"{rate / base:5.2f} of oai_dc"
        print(f"oai2d     {prefix:13} {len(seen[prefix]):7,d} of {documents:,d} records {rate:8,.0f} /s  {beside}")
    print(f"oai2d     memory grew by {grown:.0f} MB after the first 2,000 records; nothing came twice")


def _fill_index(app: Any, documents: int, records: int) -> None:
    from invenio_rdm_records.proxies import current_rdm_records_service
    from invenio_search import current_search_client
    from invenio_search.utils import build_alias_name

    started = time.perf_counter()
    first = _published(app)
    for number in range(1, records):
        _published(app)
        if number % 100 == 0:
            print(f"oai2d     {number:,d} records published in {time.perf_counter() - started:.0f} s", flush=True)
    source = {**first, "updated": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}
    with app.app_context():
        alias = build_alias_name(current_rdm_records_service.record_cls.index._name)
        copies = documents - records
        for begin in range(0, copies, 2000):
            body: list[dict[str, Any]] = []
            for number in range(begin, min(begin + 2000, copies)):
                pids = {**source["pids"], "oai": {**source["pids"]["oai"], "identifier": f"oai:synthetic:{number}"}}
                body += [{"index": {"_index": alias}}, {**source, "pids": pids}]
            current_search_client.bulk(body=body)
        current_search_client.indices.refresh(index=alias)
    time.sleep(5)  # lists leave out what is seconds old


def _published(app: Any) -> dict[str, Any]:
    """The search's document of a record with rows."""
    from invenio_access.permissions import system_identity
    from invenio_rdm_records.proxies import current_rdm_records_service as service
    from researcher import METADATA

    from invenio_obscore.rdm.models import ObsCoreReading, Status
    from invenio_obscore.rdm.worker import attend

    with app.app_context():
        draft = service.create(system_identity, METADATA)
        files = service.draft_files
        files.init_files(system_identity, draft.id, [{"key": "a.fits"}])
        content = image(INSTRUME="BENCHCAM", DATE_OBS="2019-05-01T03:00:00")
        files.set_file_content(system_identity, draft.id, "a.fits", BytesIO(content))
        files.commit_file(system_identity, draft.id, "a.fits")
        for reading in ObsCoreReading.query.filter_by(status=Status.QUEUED).all():
            attend(reading.file_id)
        record = service.publish(system_identity, draft.id)
        return dict(record._record.dumps())


if __name__ == "__main__":
    sys.exit(main())
