"""The way of the data: files to a draft, extraction, publication; what was made before is found again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.demo.repository import Repository
from services.demo.samples import DEPOSITS, FOLDER, Deposit, corpus

CORPUS_DEPOSIT = Deposit(
    "corpus",
    "A corpus of FITS headers of many archives",
    "Files of many instruments and decades, collected to try out the reading of headers.",
    "Fleming",
    "Williamina",
    (),
)


@dataclass(frozen=True)
class Published:
    """A record that is public."""

    name: str
    recid: str
    title: str
    doi: str
    page: str


def _memory(site: str) -> Path:
    return FOLDER / f"records-{site.rpartition(':')[2]}.json"


def deposit_all(repository: Repository, show: Callable[[str], None]) -> list[Published]:
    """Make every record of the demonstration that is not there yet."""
    memory = _memory(repository.site)
    known: dict[str, str] = json.loads(memory.read_text()) if memory.exists() else {}
    published = []
    for deposit in (*DEPOSITS, CORPUS_DEPOSIT):
        paths = corpus() if deposit is CORPUS_DEPOSIT else [sample.local for sample in deposit.samples]
        if not paths:
            continue
        record = repository.record(known.get(deposit.name, "none"))
        if record is None:
            record = _deposit(repository, deposit, paths, show)
            known[deposit.name] = record["id"]
            memory.parent.mkdir(parents=True, exist_ok=True)
            memory.write_text(json.dumps(known))
        else:
            show(f"“{deposit.title}” is there")
        doi = record["pids"]["doi"]["identifier"]
        title = record["metadata"]["title"]
        published.append(Published(deposit.name, record["id"], title, doi, record["links"]["self_html"]))
    return published


def _deposit(
    repository: Repository, deposit: Deposit, paths: list[Path], show: Callable[[str], None]
) -> dict[str, Any]:
    recid = repository.create_draft(deposit.title, deposit.description, deposit.family_name, deposit.given_name)
    show(f"“{deposit.title}”: draft {recid}, {len(paths)} files to upload")
    for path in paths:
        repository.upload(recid, path)
    repository.wait_for_extraction(recid, lambda text: show(f"   extraction: {text}"))
    record = repository.publish(recid)
    show(f"   published: {record['links']['self_html']}")
    return record
