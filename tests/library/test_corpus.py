"""Real files of dozens of instruments, where the corpus is beside the project; the floor only rises."""

import csv
import importlib.util
import pickle
import subprocess
import sys
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from invenio_obscore import Response
from invenio_obscore.errors import FitsError
from invenio_obscore.fits.reading import Reading, read
from invenio_obscore.fits.wcs import build, find_sky, image_shape
from invenio_obscore.obscore.columns import OBSCORE

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
#: Values that are right of those that the truth table holds; nothing may be wrong.
FLOOR = 1136

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the corpus is not there: {CORPUS}")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Openable files: header dumps become sparse FITS files."""
    path = tmp_path_factory.mktemp("corpus")
    subprocess.run([sys.executable, CORPUS / "materialize.py", CORPUS / "open" / "files", path], check=True)
    return path


@dataclass
class Run:
    """An extraction in a process of its own, and what that process said."""

    response: Response
    output: bytes


def run(directory: Path, kept: Path, jobs: int) -> Run:
    program = (
        "import pickle, sys\n"
        "from invenio_obscore import extract\n"
        "found = extract(sys.argv[1], jobs=int(sys.argv[3]))\n"
        "with open(sys.argv[2], 'wb') as file:\n"
        "    pickle.dump((list(found.products), found.failures), file)\n"
    )
    command = [sys.executable, "-c", program, str(directory), str(kept), str(jobs)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout.decode()
    return Run(Response(*pickle.loads(kept.read_bytes())), done.stdout)


@pytest.fixture(scope="module")
def alone(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(directory, tmp_path_factory.mktemp("alone") / "found", jobs=1)


@pytest.fixture(scope="module")
def response(alone: Run) -> Response:
    return alone.response


@pytest.fixture(scope="module")
def readings(directory: Path) -> list[Reading]:
    """What can be read, in the order of the names."""
    found = []
    for path in sorted(directory.iterdir()):
        with suppress(FitsError), path.open("rb") as file:
            found.append(read(file, name=path.name))
    return found


def _score() -> ModuleType:
    specification = importlib.util.spec_from_file_location("score", CORPUS / "score.py")
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_every_value_of_the_truth_table(response: Response, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "obscore.csv"
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(OBSCORE)
        writer.writerows([p.row.to_dict().get(c, "") for c in OBSCORE] for p in response)
    _score().main(CORPUS / "open" / "truth.csv", table, True)
    output = capsys.readouterr().out
    last = output.strip().splitlines()[-1]
    right, wrong = int(last.split()[1]), int(last.split("wrong ")[1].split(",")[0])
    assert wrong == 0, output
    assert right >= FLOOR, output


def test_every_value_has_evidence_and_is_kept(response: Response) -> None:
    for source, product in response.products:
        assert product.row.filled().keys() <= product.evidence.keys(), source.name


def test_what_was_read_is_kept_whole(readings: list[Reading]) -> None:
    for reading in readings:
        assert Reading.from_bytes(reading.to_bytes()).to_dict() == reading.to_dict()


def test_own_cards_give_the_same_coordinates(readings: list[Reading]) -> None:
    """The WCS of its own few cards and the WCS of the whole header agree on every image of the corpus."""
    hdus = [(reading.name, hdu) for reading in readings for hdu in reading.hdus[:6]]
    assert sum(_same(hdu.cards, hdu.header, f"{name} {hdu.index}") for name, hdu in hdus) > 80


def _same(cards: str, header: object, where: str) -> int:
    axes = find_sky(header)  # type: ignore[arg-type]
    shape = image_shape(header)  # type: ignore[arg-type]
    if axes is None or max(axes.longitude, axes.latitude) > len(shape):
        return 0
    pair = tuple(sorted((axes.longitude, axes.latitude)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            whole = WCS(fits.Header.fromstring(cards), naxis=list(pair), key=axes.alternate or " ")
            own = build(header, pair, axes.alternate)  # type: ignore[arg-type]
        except Exception:  # noqa: BLE001  # astropy's own failures are not compared
            return 0
        corners = np.array([[0.5, 0.5], [shape[pair[0] - 1] + 0.5, shape[pair[1] - 1] + 0.5], [1.0, 1.0]])
        try:
            expected = whole.all_pix2world(corners, 1)
        except Exception:  # noqa: BLE001  # see above
            return 0
    np.testing.assert_allclose(own.all_pix2world(corners, 1), expected, atol=1e-9, err_msg=where)
    return 1


def test_nothing_reaches_standard_error(alone: Run) -> None:
    assert alone.output == b""


def test_two_processes_give_the_rows_of_one(directory: Path, alone: Run, tmp_path: Path) -> None:
    both = run(directory, tmp_path / "found", jobs=2)
    assert both.output == b""
    assert _facts(both.response) == _facts(alone.response)
    assert both.response.failures == alone.response.failures


def _facts(response: Response) -> list[tuple[object, ...]]:
    """Everything that is known about each product, in the response's order."""
    return [
        (source.path, source.member, product.key, product.row.to_dict(), product.evidence, product.problems)
        for source, product in response.products
    ]
