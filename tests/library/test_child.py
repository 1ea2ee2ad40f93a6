"""The reader process: limits, crashes and time-outs become errors, and the next file is read all the same."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fits_files import SKY, header, image, primary

from invenio_obscore.errors import FitsLimitError, MappingError, NotFitsError, ReaderDiedError
from invenio_obscore.fits.child import ReaderProcess
from invenio_obscore.fits.limits import Limits
from invenio_obscore.fits.reading import Reading


@pytest.fixture(scope="module")
def reader() -> Iterator[ReaderProcess]:
    with ReaderProcess() as process:
        yield process


def test_it_reads_and_makes_products(reader: ReaderProcess) -> None:
    stored = reader.read(io.BytesIO(image(OBJECT="M 31", **SKY)), name="a.fits")
    assert Reading.from_bytes(stored).name == "a.fits"
    [product] = reader.products(stored, name="b.fits", mapping="target_name := 'M 33'")
    assert product["row"]["target_name"] == "M 33"
    assert product["row"]["s_region"].startswith("Polygon ICRS")


def test_bytes_come_by_seeking(reader: ReaderProcess) -> None:
    class Sparse(io.BytesIO):
        asked = 0

        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            self.asked += len(data)
            return data

    file = Sparse(image((2000, 2000)) + image((8, 8), extension=True))
    reader.read(file)
    assert file.asked < 2**18


def test_errors_keep_their_class(reader: ReaderProcess) -> None:
    with pytest.raises(NotFitsError, match="web page"):
        reader.read(io.BytesIO(b"<html></html>"))
    stored = reader.read(io.BytesIO(primary()))
    with pytest.raises(MappingError) as caught:
        reader.products(stored, mapping="\nno_such_column := 1 +")
    assert caught.value.line == 2


def test_a_killed_child_is_an_error_and_the_next_file_is_read() -> None:
    with ReaderProcess() as reader:
        reader.read(io.BytesIO(primary()))
        pid = reader.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        threading.Timer(0.3, os.kill, (pid, signal.SIGKILL)).start()
        with pytest.raises(ReaderDiedError, match="signal 9"):
            reader.read(io.BytesIO(primary()))
        assert reader.read(io.BytesIO(primary()))
        assert reader.pid != pid


def test_a_child_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("invenio_obscore.fits.child.STARTING_SECONDS", 0.0)
    with ReaderProcess(Limits(seconds=120.0)) as reader:
        reader.read(io.BytesIO(primary()))
        pid = reader.pid
        assert pid is not None
        reader._limits = Limits(seconds=0.5)
        os.kill(pid, signal.SIGSTOP)
        begin = time.monotonic()
        with pytest.raises(FitsLimitError, match="stopped"):
            reader.read(io.BytesIO(primary()))
        assert time.monotonic() - begin < 60


def test_memory_is_limited() -> None:
    cards = {"XTENSION": "IMAGE", "BITPIX": 8, "NAXIS": 2, "NAXIS1": 60_000, "NAXIS2": 60_000, "PCOUNT": 0, "GCOUNT": 1}
    huge = primary() + header(cards)
    with ReaderProcess(Limits(memory_bytes=2**30)) as reader:
        assert reader.read(io.BytesIO(huge))


def test_a_failing_store_is_the_callers_error() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionAbortedError("the store is gone")

    with ReaderProcess() as reader:
        with pytest.raises(ConnectionAbortedError):
            reader.read(Failing(primary()), size=2880)
        assert reader.read(io.BytesIO(primary()))


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_the_child_ends_with_its_parent() -> None:
    program = (
        "import io, os, sys\n"
        "from invenio_obscore.fits.child import ReaderProcess\n"
        "reader = ReaderProcess()\n"
        f"reader.read(io.BytesIO({primary()!r}))\n"
        "print(reader.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=False)
    pid = int(done.stdout)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not os.path.exists(f"/proc/{pid}") or _state(pid) == "Z":
            return
        time.sleep(0.1)
    pytest.fail("the child lives on")
