"""Real files of dozens of instruments, where the corpus is beside the project; the floor only rises."""

import csv
import importlib.util
import os
import subprocess
import sys
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from invenio_obscore import Response, extract
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


@pytest.fixture(scope="module")
def response(directory: Path) -> Response:
    return extract(directory)


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


def test_what_was_read_is_kept_whole(directory: Path) -> None:
    for path in sorted(directory.iterdir()):
        try:
            reading = read(path.open("rb"), name=path.name)
        except FitsError:
            continue
        assert Reading.from_bytes(reading.to_bytes()).to_dict() == reading.to_dict()


def test_own_cards_give_the_same_coordinates(directory: Path) -> None:
    """The WCS of its own few cards and the WCS of the whole header agree on every image of the corpus."""
    compared = 0
    for path in sorted(directory.iterdir()):
        try:
            reading = read(path.open("rb"), name=path.name)
        except FitsError:
            continue
        for hdu in reading.hdus[:6]:
            compared += _same(hdu.cards, hdu.header, f"{path.name} {hdu.index}")
    assert compared > 80


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


def test_nothing_reaches_standard_error(directory: Path) -> None:
    program = f"from invenio_obscore import extract; extract({os.fspath(directory)!r})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stderr == b""
    assert done.stdout == b""
