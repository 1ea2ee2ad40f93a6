"""``--check``: every result of the demonstration against what it must be."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from astropy.io.votable import parse_single_table

from services.demo import findable
from services.demo import virtual_observatory as vo
from services.demo.flow import Published
from services.demo.samples import CONE, DEPOSITS, TOLERANCE, Sample
from services.layout import LOGS, VAR

FITS_MAGIC = b"SIMPLE  ="


@dataclass
class Context:
    """What the checks look at."""

    site: str
    published: list[Published]
    datacite_url: str

    def record(self, name: str) -> Published:
        """Return a record by its name in the demonstration."""
        return next(record for record in self.published if record.name == name)


class Failed(Exception):
    """A result is not what it must be."""


def expect(condition: bool, message: str) -> None:
    """Raise Failed with the message unless the condition holds."""
    if not condition:
        raise Failed(message)


def _rows(context: Context, recid: str) -> dict[str, dict[str, Any]]:
    table = vo.search(context.site, f"SELECT * FROM ivoa.obscore WHERE access_url LIKE '%/records/{recid}/%'")
    rows = (dict(zip(table.colnames, row)) for row in table)
    return {unquote(urlsplit(str(row["access_url"])).path).rpartition("/files/")[2]: row for row in rows}


def rows(context: Context) -> str:
    """ivoa.obscore holds one row per file with the known values."""
    count = 0
    for deposit in DEPOSITS:
        found = _rows(context, context.record(deposit.name).recid)
        names = {sample.name for sample in deposit.samples}
        expect(set(found) == names, f"{deposit.name}: rows for {sorted(found)}, files {sorted(names)}")
        for sample in deposit.samples:
            _compare(sample, found[sample.name])
            count += 1
    return f"{count} rows as expected"


def _compare(sample: Sample, row: dict[str, Any]) -> None:
    for column, wanted in sample.expected.items():
        value = row[column]
        where = f"{sample.name}: {column} is {value!r}, expected {wanted!r}"
        if isinstance(wanted, str):
            expect(str(value) == wanted, where)
        else:
            expect(abs(float(value) - wanted) <= TOLERANCE, where)


def cone(context: Context) -> str:
    """The cone search finds the images of the field and nothing else."""
    table = vo.search(context.site, vo.CONE_QUERY.format(*CONE))
    recid = context.record("hdfs").recid
    ours = [row for row in table if f"/records/{recid}/" in str(row["access_url"])]
    expect(len(ours) == 2, f"{len(ours)} rows of record {recid} in the cone, expected 2")
    far = [row for row in table if abs(row["s_dec"] - CONE[1]) > CONE[2]]
    expect(not far, f"rows outside of the cone: {far}")
    return f"{len(table)} rows within {CONE[2]}° of {CONE[0]}, {CONE[1]}"


def dois(context: Context) -> str:
    """Every record's DOI is findable at DataCite's stand-in, with the landing page as its address."""
    for record in context.published:
        answer = requests.get(f"{context.datacite_url}/dois/{record.doi}", timeout=30)
        expect(answer.status_code == 200, f"{record.doi}: HTTP {answer.status_code}")
        attributes = answer.json()["data"]["attributes"]
        expect(attributes["state"] == "findable", f"{record.doi} is {attributes['state']}")
        title = attributes["titles"][0]["title"]
        expect(title == record.title, f"{record.doi} is titled {title!r}")
        expect(context.site in attributes["url"], f"{record.doi} points to {attributes['url']}")
    return f"{len(context.published)} DOIs are findable"


def doi_metadata(context: Context) -> str:
    """The DOIs' metadata say what was observed: instruments, concepts, the coverage in words."""
    for deposit in DEPOSITS:
        attributes = findable.doi_metadata(context.datacite_url, context.record(deposit.name).doi)
        said = findable.coverage_in_words(attributes)
        expect(said.startswith(f"{len(deposit.samples)} data product"), f"{deposit.name}: coverage {said!r}")
        named = {title["title"] for item in attributes["relatedItems"] for title in item["titles"]}
        wanted = {str(one.expected["instrument_name"]) for one in deposit.samples if "instrument_name" in one.expected}
        expect(wanted <= named, f"{deposit.name}: instruments {sorted(named)}, expected {sorted(wanted)}")
        identifiers = [one["alternateIdentifier"] for one in attributes["alternateIdentifiers"]]
        given = sum(one.startswith("ivo://") for one in identifiers)
        expect(given == len(deposit.samples), f"{deposit.name}: {given} IVOA identifiers")
    return f"{len(DEPOSITS)} DOIs say what was observed"


def registry(context: Context) -> str:
    """The publishing registry holds the collection with its coverage."""
    records = findable.registry_records(context.site)
    covered = [record for record in records if record.moc]
    expect(bool(covered), f"no coverage in {[record.identifier for record in records]}")
    return f"{len(records)} collections at /vo/oai, {covered[0].identifier} covers {covered[0].moc[:40]}…"


def landing_pages(context: Context) -> str:
    """The landing page answers and shows the data products."""
    for deposit in DEPOSITS:
        page = requests.get(context.record(deposit.name).page, timeout=60)
        expect(page.status_code == 200, f"{page.url}: HTTP {page.status_code}")
        for sample in deposit.samples:
            for column in ("target_name", "instrument_name", "dataproduct_type"):
                shown = sample.expected.get(column)
                expect(shown is None or str(shown) in page.text, f"{page.url} does not show {shown}")
    return f"{len(DEPOSITS)} pages show their data products"


def byte_ranges(context: Context) -> str:
    """access_url answers with the file itself, byte ranges too."""
    count = 0
    for deposit in DEPOSITS:
        for name, row in _rows(context, context.record(deposit.name).recid).items():
            answer = requests.get(str(row["access_url"]), headers={"Range": "bytes=0-8"}, timeout=60)
            expect(answer.status_code == 206, f"{name}: HTTP {answer.status_code} for a byte range")
            expect(answer.content == FITS_MAGIC, f"{name} begins with {answer.content!r}")
            count += 1
    return f"{count} files answer byte ranges"


def exporters(context: Context) -> str:
    """The record's exporters and its REST address give the same rows as VOTable, CSV and JSON."""
    for deposit in DEPOSITS:
        record, count = context.record(deposit.name), len(deposit.samples)
        for address in (f"{record.page}/export/obscore-votable", _api(context, record, "votable")):
            answer = _get(address)
            expect(len(parse_single_table(io.BytesIO(answer.content)).array) == count, f"{address}: not {count} rows")
        for address in (f"{record.page}/export/obscore-csv", _api(context, record, "csv")):
            lines = _get(address).text.strip().splitlines()
            expect(len(lines) == count + 1, f"{address}: {len(lines)} lines, expected {count + 1}")
    return "VOTable and CSV of every record"


def _api(context: Context, record: Published, format_: str) -> str:
    return f"{context.site}/api/records/{record.recid}/obscore?format={format_}"


def _get(address: str) -> requests.Response:
    answer = requests.get(address, timeout=60)
    expect(answer.status_code == 200, f"{address}: HTTP {answer.status_code}")
    return answer


def stilts(context: Context) -> str:
    """Stilts reads ivoa.obscore, and votlint finds no error in the result."""
    target = VAR / "demo" / "tapquery.vot"
    target.unlink(missing_ok=True)
    code = vo.tapquery(context.site, "SELECT TOP 100 * FROM ivoa.obscore", target, LOGS / "tapquery.log")
    expect(code == 0, f"stilts tapquery ended with {code}. Log: {LOGS / 'tapquery.log'}")
    errors = vo.votlint(target, LOGS / "votlint.log")
    expect(not errors, f"votlint: {errors[:5]}. Log: {LOGS / 'votlint.log'}")
    return f"tapquery and votlint, {Path(target).stat().st_size} bytes"


def taplint(context: Context) -> str:
    """Stilts' taplint finds no error in the stages that are served."""
    errors, kinds = vo.taplint(context.site, LOGS / "taplint.log")
    expect(not errors, f"{len(errors)} errors: {errors[:5]}. Log: {LOGS / 'taplint.log'}")
    expect(kinds["S"] + kinds["I"] > 0, f"taplint said nothing. Log: {LOGS / 'taplint.log'}")
    return f"0 errors, {kinds['W']} warnings, {kinds['F']} failures in {vo.TAPLINT_STAGES}"


CHECKS: tuple[Callable[[Context], str], ...] = (
    rows,
    cone,
    dois,
    doi_metadata,
    registry,
    landing_pages,
    byte_ranges,
    exporters,
    stilts,
    taplint,
)


def run(context: Context) -> Iterator[tuple[str, bool, str]]:
    """Run every check and yield its name, whether it passed, and what it found."""
    for check in CHECKS:
        try:
            yield check.__name__, True, check(context)
        except Exception as error:  # noqa: BLE001 - whatever a check meets is its result, shown and counted
            yield check.__name__, False, f"{type(error).__name__}: {error}"
