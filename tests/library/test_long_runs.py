"""What long runs need: going on after an interruption, progress, files that are read no more than they must be."""

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
from click.testing import CliRunner
from fits_files import SKY, image
from test_sources import fits_bytes, tar_bytes, zip_bytes

from invenio_obscore import extract, pipeline
from invenio_obscore.cli import main
from invenio_obscore.fits.sources import Source

ROOT = Path(__file__).parents[2]
CODE = "from invenio_obscore.cli import main; main()"


def obscore(*arguments: object) -> list[str]:
    return [sys.executable, "-c", CODE, *map(str, arguments)]


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Files, and members of each kind of archive."""
    top = tmp_path / "catalogue"
    top.mkdir()
    (top / "a.zip").write_bytes(zip_bytes({f"{n:03}.fits": fits_bytes(f"Z{n}") for n in range(150)}))
    (top / "b.tar.gz").write_bytes(tar_bytes({f"{n:03}.fits": fits_bytes(f"T{n}") for n in range(50)}, "w:gz"))
    for number in range(100):
        (top / f"{number:03}.fits").write_bytes(fits_bytes(f"F{number}"))
    return top


# -- interruptions ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_that_was_killed_goes_on_without_reading_finished_files(
    catalogue: Path, tmp_path: Path, jobs: int
) -> None:
    """``kill -9`` in the middle of files and members; then what is done is not opened again."""
    target = tmp_path / "o.csv"
    process = subprocess.Popen(
        obscore("extract", catalogue, "-o", target, "-j", jobs), cwd=ROOT, stderr=subprocess.PIPE
    )
    journal = _journal(tmp_path, process, lines=120)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not target.exists()
    with journal.open("ab") as file:  # and it was writing just then
        file.write(b'{"file": "[\\"fi')
    done = {tuple(json.loads(json.loads(line)["file"])[:2]) for line in journal.read_bytes().splitlines()[:-1]}
    opened: list[tuple[str, str]] = []
    response = extract(str(catalogue), resume=journal, progress=None)
    assert len(response) == 300
    opened = [tuple(json.loads(json.loads(line)["file"])[:2]) for line in journal.read_bytes().splitlines()]
    assert 120 <= len(done) < 300 and len(opened) == len(set(opened)) == 300
    result = CliRunner().invoke(main, ["extract", str(catalogue), "-o", str(target), "--resume"])
    assert result.exit_code == 0 and "300 rows" in result.stderr
    assert target.read_text().count("\n") == 301 and not journal.exists()


def _journal(directory: Path, process: "subprocess.Popen[bytes]", lines: int) -> Path:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        for path in directory.glob(".o.csv.*"):
            if path.read_bytes().count(b"\n") >= lines:
                return path
        time.sleep(0.005)
    raise AssertionError("no journal appeared")


def test_finished_files_are_not_read_again(catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = tmp_path / "journal"
    first = extract(catalogue, resume=journal)

    def read_again(source: Source) -> None:
        raise AssertionError(f"{source.name} is read again")

    monkeypatch.setattr("invenio_obscore.pipeline._FileWork.__call__", lambda _, source: read_again(source))
    again = extract(catalogue, resume=journal)
    assert [p.to_dict() for p in again] == [p.to_dict() for p in first]


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    path, journal = tmp_path / "a.fits", tmp_path / "journal"
    path.write_bytes(fits_bytes("before"))
    extract(path, resume=journal)
    path.write_bytes(fits_bytes("after"))
    os.utime(path, ns=(1, 1))
    assert [p.row["target_name"] for p in extract(path, resume=journal)] == ["after"]


def test_a_failure_that_may_pass_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "page.fits").write_text("<html>")
    (tmp_path / "lost.fits").symlink_to(tmp_path / "nosuch")
    journal = tmp_path / "journal"
    for _ in range(2):
        response = extract([tmp_path / "page.fits", str(tmp_path / "*.fits")], resume=journal)
        assert {problem.code for _, problem in response.failures} == {"not-fits", "unreadable"}
    kept = [json.loads(line)["outcome"]["failure"]["code"] for line in journal.read_text().splitlines()]
    assert set(kept) == {"not-fits"}


@pytest.mark.parametrize("line", ["", "\n", "[]\n", "{}\n", '{"file": 1, "outcome": 2}\n', "\xff\n", '{"file": "x"'])
def test_a_damaged_journal_costs_what_is_damaged(tmp_path: Path, line: str) -> None:
    path, journal = tmp_path / "a.fits", tmp_path / "journal"
    path.write_bytes(fits_bytes("here"))
    journal.write_bytes(line.encode("latin-1"))
    for _ in range(2):
        assert [p.row["target_name"] for p in extract(path, resume=journal)] == ["here"]
    assert journal.read_bytes().count(b'"products"') == 1


def test_resume_needs_a_table(catalogue: Path) -> None:
    result = CliRunner().invoke(main, ["extract", str(catalogue), "--resume"])
    assert result.exit_code == 2 and "--resume needs -o" in result.stderr


@pytest.mark.parametrize("place", ["o.doc", "nosuch/o.csv"])
def test_a_table_that_cannot_be_written_is_said_before_the_work(place: str, catalogue: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["extract", str(catalogue), "-o", str(tmp_path / place)])
    assert result.exit_code == 2 and place.partition("/")[0] in result.stderr
    assert not list(tmp_path.glob(".o*"))


# -- several processes -----------------------------------------------------------------------------------------------
def test_members_of_a_zip_go_to_other_processes(catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process itself reads those members only that no other could reach without inflating all before them."""
    here: list[str] = []
    read = pipeline._FileWork.read

    def watched(work: pipeline._FileWork, source: Source) -> object:
        here.append(source.path)  # other processes have a list of their own
        return read(work, source)

    monkeypatch.setattr(pipeline._FileWork, "read", watched)
    assert len(extract(catalogue, jobs=2)) == 300
    assert {Path(path).name for path in here} == {"b.tar.gz"}


# -- progress --------------------------------------------------------------------------------------------------------
def _on_a_terminal(*arguments: object) -> str:
    """What the command writes to a standard error that is a terminal of 100 columns."""
    terminal, its_end = pty.openpty()
    fcntl.ioctl(its_end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    process = subprocess.Popen(obscore(*arguments), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=its_end)
    os.close(its_end)
    said = b""
    while True:
        try:
            part = os.read(terminal, 10_000)
        except OSError:  # how a terminal ends on Linux
            break
        if not part:
            break
        said += part
    assert process.wait() == 0
    os.close(terminal)
    return said.decode()


def test_progress_counts_the_members_of_archives(catalogue: Path) -> None:
    """150 of the ZIP, 100 files, and the compressed tar's 50, which are not known before."""
    said = _on_a_terminal("extract", catalogue)
    assert "/251" in said and "300/300" in said


def test_progress_is_called_for_each_member(catalogue: Path) -> None:
    seen: list[str] = []
    extract(catalogue / "a.zip", progress=lambda source: seen.append(source.member))
    assert seen == [f"{n:03}.fits" for n in range(150)]


# -- bytes -----------------------------------------------------------------------------------------------------------
class Remote(io.RawIOBase):
    """A file-like object as of a web server: it counts what is asked of it, and may be large."""

    def __init__(self, parts: dict[int, bytes], size: int) -> None:
        self._parts, self._size, self._position = parts, size, 0
        self.asked = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._position = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence] + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, size: int = -1) -> bytes:
        wanted = self._size - self._position if size < 0 else max(0, min(size, self._size - self._position))
        data = bytearray(wanted)
        for start, part in self._parts.items():
            first, last = max(start, self._position), min(start + len(part), self._position + wanted)
            if first < last:
                data[first - self._position : last - self._position] = part[first - start : last - start]
        self._position += wanted
        self.asked += wanted
        return bytes(data)


def test_a_remote_file_of_gigabytes_costs_its_headers() -> None:
    head = _header_only()
    behind = image((8, 8), extension=True, EXTNAME="LAST", OBJECT="M 31")
    data = -(-50_000 * 50_000 * 4 // 2880) * 2880
    remote = Remote({0: head, len(head) + data: behind}, len(head) + data + len(behind))
    response = extract(remote)
    assert [p.row["s_xel1"] for p in response][:1] == [50_000] and remote.asked < 40_000


def _header_only() -> bytes:
    small = image((10, 10), **SKY)
    return (
        small[: small.index(b"END     ") // 2880 * 2880 + 2880]
        .replace(b"NAXIS1  =                   10", b"NAXIS1  =                50000")
        .replace(b"NAXIS2  =                   10", b"NAXIS2  =                50000")
    )


def test_a_remote_zip_costs_its_directory_and_the_headers() -> None:
    content = zip_bytes({f"{n}.fits": fits_bytes(f"T{n}", 3_000_000) for n in range(5)}, method=0)
    remote = Remote({0: content}, len(content))
    assert [p.row["target_name"] for p in extract(remote)] == [f"T{n}" for n in range(5)]
    assert remote.asked < len(content) / 10
