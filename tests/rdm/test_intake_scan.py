"""A directory before anything is deposited: what is in it, what its ReadMe says, how it is packed."""

from __future__ import annotations

import os
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from invenio_obscore.errors import InputError
from invenio_obscore.fits import sources
from invenio_obscore.rdm.catalogues import containers, description
from invenio_obscore.rdm.catalogues.scan import Entry, SourceError, scan

README = """J/A+A/600/A1     Cepheids in the Magellanic Clouds     (Leavitt+, 2017)
================================================================================
Periods of 25 variable stars
in the Small Magellanic Cloud.
    Leavitt H.S., van den Bergh S., Pickering E.C.
   <Astron. Astrophys. 600, A1 (2017)>
   =2017A&A...600A...1L
================================================================================
ADC_Keywords: Stars, variable

Abstract:
    We find a relation
    of period and brightness.

Description:
    Plates.
"""


def _write(directory: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)


def test_every_regular_file_is_found_once_in_order(tmp_path: Path) -> None:
    _write(tmp_path, {"b.fits": b"two", "a/x.fits": b"one", "ReadMe": b"three"})
    found = scan(str(tmp_path))
    assert [(entry.name, entry.size) for entry in found.entries] == [("ReadMe", 5), ("a/x.fits", 3), ("b.fits", 3)]
    assert found.left == []


def test_what_is_left_out_has_a_reason(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"password")
    top = tmp_path / "catalogue"
    _write(top, {"a.fits": b"one", ".hidden": b"x", "empty.fits": b""})
    (top / "link.fits").symlink_to(secret)
    (top / "folder").symlink_to(tmp_path)
    os.mkfifo(top / "pipe.fits")
    os.link(top / "a.fits", top / "b.fits")
    found = scan(str(top))
    assert [entry.name for entry in found.entries] == ["a.fits"]
    assert {left.name: left.harmless for left in found.left} == {
        ".hidden": True,
        "b.fits": True,
        "empty.fits": False,
        "folder": False,
        "link.fits": False,
        "pipe.fits": False,
    }


def test_files_with_the_same_bytes_come_once(tmp_path: Path) -> None:
    long = bytes(100_000)
    _write(
        tmp_path,
        {"1": b"same", "2": b"same", "3": b"else", "4": long, "5": long, "6": long[:-1] + b"x", "7": b"x" + long[1:]},
    )
    found = scan(str(tmp_path))
    assert [entry.name for entry in found.entries] == ["1", "3", "4", "6", "7"]
    assert {left.name: left.reason for left in found.left} == {
        "2": "It has the same bytes as 1",
        "5": "It has the same bytes as 4",
    }


def test_names_that_are_no_text_become_text(tmp_path: Path) -> None:
    top = os.fsencode(tmp_path)
    for number, name in enumerate((b"caf\xe9.fits", b"caf\xe8.fits", b"line\nbreak.fits")):
        with open(os.path.join(top, name), "wb") as stream:
            stream.write(b"x" * (number + 1))
    found = scan(str(tmp_path))
    assert [entry.name for entry in found.entries] == ["caf�.fits", "line_break.fits"]
    assert [left.name for left in found.left] == ["caf�.fits"]


def test_a_file_that_changes_or_goes_is_an_error_of_that_file(tmp_path: Path) -> None:
    _write(tmp_path, {"a.fits": b"12345", "b.fits": b"1234567"})
    grown, gone = scan(str(tmp_path)).entries
    (tmp_path / "a.fits").write_bytes(b"123456")
    (tmp_path / "b.fits").unlink()
    with grown.open() as stream, pytest.raises(SourceError, match="changed while it was read"):
        list(grown.chunks(stream))
    with pytest.raises(SourceError, match="No such file"):
        gone.open()
    (tmp_path / "b.fits").symlink_to("/etc/passwd")
    with pytest.raises(SourceError):
        gone.open()


def test_a_folder_that_becomes_a_link_leads_nowhere(tmp_path: Path) -> None:
    secrets, top = tmp_path / "secrets", tmp_path / "catalogue"
    _write(tmp_path, {"secrets/a.fits": b"password", "catalogue/sub/a.fits": b"harmless"})
    (entry,) = scan(str(top)).entries
    (top / "sub").rename(tmp_path / "away")
    (top / "sub").symlink_to(secrets)
    with pytest.raises(SourceError, match="another file now"):
        entry.open()


def test_members_are_stored_and_read_by_seeking(tmp_path: Path) -> None:
    files = {f"field/{number}.fits": b"SIMPLE  =" + bytes([number]) * 3000 for number in range(5)}
    _write(tmp_path, files)
    counted: list[int] = []
    entries = scan(str(tmp_path)).entries
    (tmp_path / "field/3.fits").unlink()
    container = containers.Container(entries, counted.append)
    packed = BytesIO()
    while piece := container.read(1000):
        assert len(piece) <= 1000
        packed.write(piece)
    del files["field/3.fits"]
    assert [error.entry.name for error in container.missing] == ["field/3.fits"]
    with zipfile.ZipFile(packed) as archive:
        assert archive.testzip() is None
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {info.filename: archive.read(info) for info in archive.infolist()} == files
    assert sum(counted) == sum(map(len, files.values()))
    assert packed.tell() <= containers.stored_size(entries)
    assert containers.contents(packed) == {name: len(content) for name, content in files.items()}
    for source in sources.members(packed, "x.zip"):
        with source.open() as stream:
            assert stream.seekable()
            assert stream.read() == files[source.member]


def test_somebody_elses_archive_is_not_taken_for_ours() -> None:
    other = BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.fits", b"x")
    assert containers.contents(other) == {}
    assert containers.contents(BytesIO(b"PK\x03\x04 no archive")) == {}


@given(st.lists(st.integers(1, 5000), max_size=60), st.integers(1, 10), st.integers(1000, 20_000))
def test_parts_hold_every_file_once_within_their_limits(sizes: list[int], most: int, most_bytes: int) -> None:
    entries = [Entry(str(number), "", size) for number, size in enumerate(sizes)]
    parts = list(containers.split(entries, most=most, most_bytes=most_bytes))
    assert [entry for part in parts for entry in part] == entries
    assert all(0 < len(part) <= most for part in parts)
    assert all(len(part) == 1 or containers.stored_size(part) <= most_bytes + 200 for part in parts)


def test_a_readme_says_title_authors_abstract_and_article() -> None:
    assert description.parse_readme(README) == {
        "title": "Periods of 25 variable stars in the Small Magellanic Cloud.",
        "creators": [
            {"person_or_org": {"type": "personal", "family_name": family, "given_name": given}}
            for family, given in (("Leavitt", "H.S."), ("van den Bergh", "S."), ("Pickering", "E.C."))
        ],
        "description": "We find a relation of period and brightness.",
        "related_identifiers": [
            {"identifier": "2017A&A...600A...1L", "scheme": "ads", "relation_type": {"id": "issupplementto"}}
        ],
    }


@given(st.text(max_size=400) | st.lists(st.sampled_from(README.splitlines())).map("\n".join))
def test_no_text_breaks_the_readme_parser(text: str) -> None:
    assert set(description.parse_readme(text)) <= {"title", "creators", "description", "related_identifiers"}


@pytest.mark.parametrize(
    "text", ["", "- a", "just text", "title: [", "a: &a [*a]", "metadata: {title: x}\nowner: me", "\x00", "é: \xff"]
)
def test_a_description_that_is_none_is_an_error_with_an_example(text: str, tmp_path: Path) -> None:
    path = tmp_path / "about.yaml"
    path.write_bytes(text.encode("latin-1"))
    with Flask("test").app_context(), pytest.raises(InputError, match="Leavitt, Henrietta"):
        description.from_yaml(str(path))


def test_a_description_may_be_short(tmp_path: Path) -> None:
    path = tmp_path / "about.yaml"
    path.write_text(description.EXAMPLE)
    app = Flask("test")
    app.config["THEME_SITENAME"] = "Archive"
    with app.app_context():
        made = description.from_yaml(str(path))
    creators = [each["person_or_org"] for each in made["metadata"]["creators"]]
    assert creators == [
        {"type": "personal", "family_name": "Leavitt", "given_name": "Henrietta"},
        {"type": "organizational", "name": "Observatory Archive"},
    ]
    assert made["metadata"]["resource_type"] == {"id": "dataset"}
