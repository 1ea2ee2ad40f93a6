"""The command obscore: what it writes, says and returns."""

import csv
import fcntl
import io
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from curation_stand_in import StandIn
from test_sources import fits_bytes, tar_bytes, zip_bytes

from invenio_obscore import extract
from invenio_obscore.cli import main
from invenio_obscore.extraction.evidence import Evidence

ROOT = Path(__file__).parents[2]


def card(keyword: str, value: str) -> str:
    return f"{keyword:8}= {value:>20}".ljust(80)


def fits_file(path: Path, **values: str) -> Path:
    cards = card("SIMPLE", "T") + card("BITPIX", "8") + card("NAXIS", "2") + card("NAXIS1", "10") + card("NAXIS2", "10")
    cards += "".join(card(k.replace("_", "-"), v) for k, v in values.items()) + "END".ljust(80)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cards.ljust(2880).encode() + bytes(2880))
    return path


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    top = tmp_path / "catalogue"
    fits_file(top / "a.fits", OBJECT="'M 31    '", EXPTIME="30.0", TELESCOP="'HST     '", INSTRUME="'ACS     '")
    fits_file(top / "night 1" / "b.fits", OBJECT="'M 33    '", EXPTIME="60.0")
    (top / "catalogue.map").write_text("facility_name := 'LAMOST'\n[a.*]\nobs_title: concat('Field of ', OBJECT)\n")
    return top


def run(*arguments: object, status: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exit_code == status, (result.output, result.exception)
    return result


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


# -- extract ---------------------------------------------------------------------------------------------------------
def test_extract_to_standard_output(catalogue: Path) -> None:
    found = rows(run("extract", catalogue).stdout)
    assert [row["target_name"] for row in found] == ["M 31", "M 33"]
    assert [row["access_url"] for row in found] == [(catalogue / n).as_uri() for n in ("a.fits", "night 1/b.fits")]
    assert [float(row["t_exptime"]) for row in found] == [30.0, 60.0]


@pytest.mark.parametrize("jobs", [1, 2])
def test_extract_with_a_mapping_to_a_file(catalogue: Path, tmp_path: Path, jobs: int) -> None:
    target = tmp_path / "out.csv"
    result = run("extract", catalogue, "-m", catalogue / "catalogue.map", "-o", target, "--jobs", jobs)
    found = rows(target.read_text())
    assert [(row["facility_name"], row["obs_title"]) for row in found] == [("LAMOST", "Field of M 31"), ("LAMOST", "")]
    assert "2 rows" in result.stderr and not result.stdout
    assert sorted(p.name for p in tmp_path.iterdir()) == ["catalogue", "out.csv"]


def test_extract_with_own_functions_in_several_processes(catalogue: Path, tmp_path: Path) -> None:
    (tmp_path / "my.py").write_text("def shout(text):\n    return text.upper()\n")
    (tmp_path / "my.map").write_text("obs_title := shout('quiet')")
    options = ("-m", tmp_path / "my.map", "--functions", tmp_path / "my.py", "-j", 2)
    assert [row["obs_title"] for row in rows(run("extract", catalogue, *options).stdout)] == ["QUIET", "QUIET"]


def test_extract_writes_the_evidence(catalogue: Path, tmp_path: Path) -> None:
    run("extract", catalogue, "-o", tmp_path / "o.fits", "--evidence", tmp_path / "e.jsonl")
    entries = [json.loads(line) for line in (tmp_path / "e.jsonl").read_text().splitlines()]
    assert entries[0]["file"] == str(catalogue / "a.fits")
    assert entries[0]["evidence"]["t_exptime"]["detail"] == "EXPTIME"


def test_a_file_without_a_row_is_said_and_is_the_status(catalogue: Path) -> None:
    (catalogue / "page.fits").write_text("<html>")
    result = run("extract", catalogue, status=1)
    assert len(rows(result.stdout)) == 2
    assert "page.fits: " in result.stderr and "1 file without a row" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["extract", "nosuch"], "no such file"),
        (["extract", "{top}", "-o", "x.doc"], "no format"),
        (["extract", "{top}", "-m", "{top}/bad.map"], "line 1, column 1"),
        (["validate", "{top}/a.fits.txt"], "does not exist"),
        (["explain", "{top}/a.fits", "s_raa"], "no column"),
        (["extract", "{top}", "--functions", "{top}/a.fits", "-m", "{top}/catalogue.map"], "no Python file"),
    ],
)
def test_what_is_wrong_is_said(
    catalogue: Path, arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(catalogue)
    (catalogue / "bad.map").write_text("facilty_name: 'x'")
    assert words in run(*(a.format(top=catalogue) for a in arguments), status=2).stderr


def test_an_interrupted_extraction_goes_on(tmp_path: Path) -> None:
    """Interrupted in the middle, resumed: the files that were done are not read again."""
    top = tmp_path / "many"
    for number in range(400):
        fits_file(top / f"{number:03}.fits", OBJECT=f"'{number:<8}'")
    code = "from invenio_obscore.cli import main; main()"
    command = [sys.executable, "-c", code, "extract", str(top), "-o", str(tmp_path / "o.csv")]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    journal = _wait_for_journal(tmp_path, process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 130 and "--resume" in said
    done = [json.loads(line) for line in journal.read_text().splitlines()[:-1]]
    assert 0 < len(done) < 400
    # What is done is not read again: a file that is gone by its content, not by its facts, still has its row.
    first = top / "000.fits"
    status = first.stat()
    first.write_bytes(b"x" * status.st_size)
    os.utime(first, ns=(status.st_atime_ns, status.st_mtime_ns))
    result = run("extract", top, "-o", tmp_path / "o.csv", "--resume")
    assert "400 rows" in result.stderr and not journal.exists()
    assert len(rows((tmp_path / "o.csv").read_text())) == 400


def _wait_for_journal(directory: Path, process: "subprocess.Popen[str]") -> Path:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        for path in directory.glob(".o.csv.*"):
            if path.read_bytes().count(b"\n") > 4:
                return path
        time.sleep(0.005)
    raise AssertionError("no journal appeared")


def test_progress_is_shown_on_a_terminal_only(catalogue: Path) -> None:
    """The command's standard error is a terminal of 100 columns here, in the other tests it is none."""
    code = "from invenio_obscore.cli import main; main()"
    terminal, its_end = pty.openpty()
    fcntl.ioctl(its_end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    command = [sys.executable, "-c", code, "extract", str(catalogue)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=its_end, text=True, check=True)
    os.close(its_end)
    assert "100%" in os.read(terminal, 10_000).decode() and len(rows(done.stdout)) == 2
    os.close(terminal)
    assert "%" not in run("extract", catalogue).stderr


# -- explain ---------------------------------------------------------------------------------------------------------
def test_explain_shows_where_each_value_comes_from(catalogue: Path) -> None:
    text = run("explain", catalogue / "a.fits", "-m", catalogue / "catalogue.map").stdout
    lines = {line.split()[0]: line for line in text.splitlines() if "<-" in line}
    assert "30.0  <- " in lines["t_exptime"] and "EXPTIME" in lines["t_exptime"]
    assert "mapping: line 1: facility_name := 'LAMOST'" in lines["facility_name"]
    assert "mapping: line 3" in lines["obs_title"] and "found as 'Field of M 31'" in lines["obs_title"]


def test_explain_one_column_and_as_json(catalogue: Path) -> None:
    assert "(empty)  <- nothing" in run("explain", catalogue / "a.fits", "pol_states").stdout
    entry = json.loads(run("explain", catalogue / "a.fits", "--json").stdout)
    assert entry["row"]["target_name"] == "M 31" and "target_name" in entry["evidence"]


def test_explain_what_is_no_fits_file(catalogue: Path) -> None:
    (catalogue / "page.fits").write_text("<html>")
    assert "page.fits" in run("explain", catalogue / "page.fits", status=1).stderr


# -- tables ----------------------------------------------------------------------------------------------------------
def test_validate(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text(
        "calib_level,obs_collection,obs_id,obs_publisher_did,s_dec\n2,c,1,ivo://x.org/a?1,\n2,c,1,ivo://x.org/a?2,95\n"
    )
    result = run("validate", table, status=1)
    assert "row 2: error: s_dec" in result.stdout and "row 1" not in result.stdout
    table.write_text("calib_level,obs_collection,obs_id,obs_publisher_did\n2,c,1,ivo://x.org/a?1\n")
    assert "1 row, 0 errors" in run("validate", table).stderr


def test_apply(catalogue: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.ecsv"
    run("extract", catalogue, "-o", table)
    run("apply", catalogue / "catalogue.map", table, "-o", tmp_path / "u.csv")
    assert [row["facility_name"] for row in rows((tmp_path / "u.csv").read_text())] == ["LAMOST", "LAMOST"]
    run("apply", catalogue / "catalogue.map", tmp_path / "u.csv")
    (catalogue / "fails.map").write_text("s_ra := target_name")
    assert "row 1: mapping, line 1" in run("apply", catalogue / "fails.map", tmp_path / "u.csv", status=1).stderr


def test_curate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalogue: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("obs_id,target_name,facility_name,FILTER\n1,M 31,,Bessell V\n2,,,V\n")
    with StandIn() as services:
        for service in services.services:
            monkeypatch.setenv(f"OBSCORE_CURATION_{service.upper()}_URL", services.url(service))
        monkeypatch.setenv("OBSCORE_CURATION_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("OBSCORE_CURATION_PAUSE", "0")
        result = run("curate", table)
        found = rows(table.read_text())
        assert (float(found[0]["s_ra"]), found[0]["target_class"]) == (10.684708333, "AGN")
        assert float(found[0]["em_min"]) == pytest.approx(4.733e-7) and found[1]["em_min"] == ""
        assert "row 2: em_min: svo proposes" in result.stdout and "5 cells filled" in result.stderr
        curated = run("extract", catalogue, "--curate")
        assert rows(curated.stdout)[0]["target_class"] == "AGN"
    monkeypatch.setenv("OBSCORE_CURATION_CACHE", str(tmp_path / "other"))
    monkeypatch.setenv("OBSCORE_CURATION_RETRIES", "0")
    assert "does not answer" in run("curate", table, status=1).stderr


def test_functions_are_listed() -> None:
    assert "split(text, [separator], [most])" in run("functions").stdout
    assert "-> 4486" in run("functions", "split").stdout
    run("functions", "nosuch", status=2)


# -- the interface in Python -----------------------------------------------------------------------------------------
def test_the_interface_of_the_documentation(catalogue: Path, tmp_path: Path) -> None:
    response = extract(str(catalogue), str(catalogue / "catalogue.map"))
    table = response.to_table()
    assert list(table["target_name"]) == ["M 31", "M 33"] and str(table["t_exptime"].unit) == "s"
    response.write(tmp_path / "obscore.vot")
    assert (tmp_path / "obscore.vot").stat().st_size > 1000
    evidence = response.evidence("a.fits", "facility_name")
    assert evidence == Evidence("facility_name", "mapping", "line 1", raw="LAMOST")
    assert isinstance(response.problems, list)


def test_a_journal_of_another_mapping_does_not_count(catalogue: Path, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    extract(str(catalogue), resume=journal)
    mapped = extract(str(catalogue), str(catalogue / "catalogue.map"), resume=journal)
    assert [p.row["facility_name"] for p in mapped] == ["LAMOST", "LAMOST"]
    assert len(journal.read_text().splitlines()) == 4
    extract(str(catalogue), resume=journal)
    assert len(journal.read_text().splitlines()) == 4


def test_members_of_archives_in_several_processes(tmp_path: Path) -> None:
    contents = {f"{number}.fits": fits_bytes(str(number)) for number in range(20)}
    (tmp_path / "a.zip").write_bytes(zip_bytes(contents))
    (tmp_path / "b.tar").write_bytes(tar_bytes(contents))
    (tmp_path / "c.tar.gz").write_bytes(tar_bytes(contents, "w:gz"))
    found = extract(str(tmp_path), jobs=2)
    assert [p.row["target_name"] for p in found] == [str(number) for number in range(20)] * 3
    assert not found.failures
