"""Workers: a file that ends or holds its process costs itself, whatever the number of processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from fits_files import SKY, image

from invenio_obscore import extract, pipeline
from invenio_obscore.fits import wcs
from invenio_obscore.fits.limits import Limits

ROOT = Path(__file__).parents[2]


def die() -> None:
    """End this process as a crash in C does, without a report on pytest's screen."""
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Seven files; the fourth is called deadly."""
    for number in range(7):
        name = "f3-deadly" if number == 3 else f"f{number}"
        (tmp_path / f"{name}.fits").write_bytes(image((10, 10), OBJECT=name, **SKY))
    return tmp_path


def deadly(monkeypatch: pytest.MonkeyPatch, act: object) -> None:
    """Let wcslib do something for the file that is called deadly (workers are forked, and take this over)."""
    build = wcs.build

    def acting(header: object, *arguments: object, **options: object) -> object:
        if header.get("OBJECT") == "f3-deadly":  # type: ignore[attr-defined]
            act()  # type: ignore[operator]
        return build(header, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("invenio_obscore.fits.sky.build", acting)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_crash_in_c_is_a_problem_of_that_file(catalogue: Path, jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    deadly(monkeypatch, die)
    response = extract(catalogue, jobs=jobs)
    assert [p.row["target_name"] for p in response] == ["f0", "f1", "f2", "f4", "f5", "f6"]
    [(source, problem)] = response.failures
    assert source.name == "f3-deadly.fits" and problem.code == "reader-died"


def test_a_file_that_does_not_end_is_a_problem_of_that_file(catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deadly(monkeypatch, lambda: time.sleep(600))
    monkeypatch.setattr(pipeline, "_STARTING_SECONDS", 0.5)
    response = extract(catalogue, limits=Limits(seconds=0.5))
    assert len(response) == 6 and [p.code for _, p in response.failures] == ["reader-died"]


def test_a_stream_is_read_here_and_worked_on_there(catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deadly(monkeypatch, die)
    with (catalogue / "f3-deadly.fits").open("rb") as bad, (catalogue / "f0.fits").open("rb") as good:
        response = extract([bad, good])
    assert len(response) == 1 and [p.code for _, p in response.failures] == ["reader-died"]


def test_what_a_mistake_of_ours_raises_is_raised_here(catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("ours")

    monkeypatch.setattr(pipeline, "products", broken)
    with pytest.raises(KeyError, match="ours"):
        extract(catalogue)


def test_beside_other_threads_a_worker_is_a_new_interpreter(catalogue: Path) -> None:
    go_on = threading.Event()
    other = threading.Thread(target=go_on.wait)
    other.start()
    try:
        assert len(extract(catalogue, jobs=2)) == 7
    finally:
        go_on.set()
        other.join()


def test_a_script_needs_no_guard(catalogue: Path, tmp_path: Path) -> None:
    """Three lines of Python: `multiprocessing` would run them again in each process."""
    script = tmp_path / "script.py"
    script.write_text(
        "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        "from invenio_obscore import extract\n"
        f"print(len(extract({str(catalogue)!r}, jobs=2)))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.stdout == "7\n", done.stderr


def test_no_worker_outlives_a_caller_that_is_killed(catalogue: Path) -> None:
    program = (
        "import os\n"
        "from invenio_obscore import extract\n"
        "from invenio_obscore.batch import _Pool\n"
        "collect = _Pool._collect\n"
        "def telling(pool):\n"
        "    print(*[worker._pid for worker in pool._workers], flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
        "_Pool._collect = telling\n"
        f"extract({str(catalogue)!r}, jobs=2)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == -signal.SIGKILL
    workers = [int(word) for word in done.stdout.split()]
    assert workers
    deadline = time.monotonic() + 20
    while any(_runs(pid) for pid in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
