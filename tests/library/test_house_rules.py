"""House rules: each is documented with an example that holds, and evidence shows its name."""

import io
import struct
from pathlib import Path

import pytest
from fits_files import image, primary, table

from invenio_obscore.extraction import extract
from invenio_obscore.extraction.house import RULES
from invenio_obscore.fits.reading import read

_LINEAR = {"CRVAL1": 4000.0, "CDELT1": 1.0, "CRPIX1": 1.0}
_ROWS = b"".join(struct.pack(">2d", 3.6 + n / 1000, 1.0) for n in range(20))
_MULTISPEC = 'wtype=multispec spec1 = "1 1 0 5000. 0.5 100 0. 1. 2."'

#: Rule → a file that needs it.
EXAMPLES = {
    "linear-unit": image((100,), CTYPE1="LINEAR", CUNIT1="Angstrom", **_LINEAR),
    "unit-as-type": image((100,), CTYPE1="ANGSTROM", **_LINEAR),
    "iraf-wat": image((100,), CTYPE1="LINEAR", WAT1_001="wtype=linear label=Wavelength units=Angstroms", **_LINEAR),
    "iraf-log-linear": image((100,), CTYPE1="LINEAR", CRVAL1=3.58, CDELT1=2e-5, CRPIX1=1.0, **{"DC-FLAG": 1}),
    "iraf-multispec": image((100, 3), CTYPE1="MULTISPE", CTYPE2="MULTISPE", WAT2_001=_MULTISPEC),
    "coeff-log-linear": image((100,), COEFF0=3.55, COEFF1=0.0001),
    "axis-extension": image((4,), EXTNAME="FLUX")
    + image((4,), bitpix=-64, extension=True, EXTNAME="WAVELENGTH", BUNIT="nm")[:2880]
    + struct.pack(">4d", 500, 501, 502, 503).ljust(2880, b"\0"),
    "named-column": primary() + table([("loglam", "D", ""), ("flux", "D", "")], _ROWS, 20),
    "axis-name": image((100,), CTYPE1="Wavelength", CUNIT1="Angstroms", **_LINEAR),
    "aips-axis-name": image((10, 10, 5), CTYPE3="LAMBDA", CRVAL3=1e-4, CDELT3=1e-6, CRPIX3=1.0),
    "offset-frequency": image((512,), CTYPE1="FREQ", CRVAL1=0.0, CDELT1=1e6, CRPIX1=256.0, RESTFREQ=2.30538e11),
    "filter-table": image(FILTER="SDSS g"),
    "log-energy-axis": image((10, 10, 5), CTYPE3="log_Energy", CRVAL3=7.0, CDELT3=1.0, CRPIX3=1.0),
}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_evidence_shows_the_rule(name: str) -> None:
    [product] = extract(read(io.BytesIO(EXAMPLES[name])))
    evidence = product.evidence["em_min"]
    assert evidence.source == "house"
    assert evidence.detail.startswith(f"{name}:")


def test_rows_of_spectra() -> None:
    [product] = extract(read(io.BytesIO(image((2000, 5)))))
    assert product.row["dataproduct_type"] == "spectrum"
    assert product.evidence["dataproduct_type"].detail.startswith("rows-of-spectra")


def test_every_rule_is_tried_here() -> None:
    assert set(RULES) == set(EXAMPLES) | {"rows-of-spectra"}


def test_every_code_of_a_problem_is_documented() -> None:
    import ast
    import re

    root = Path(__file__).resolve().parents[2]
    documented = set(re.findall(r"`([a-z-]+)`", (root / "docs" / "reference" / "extraction.md").read_text("utf-8")))
    used: set[str] = set()
    for path in [
        *(root / "invenio_obscore" / "fits").glob("*.py"),
        *(root / "invenio_obscore" / "extraction").rglob("*.py"),
    ]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in (
                "Problem",
                "problem",
                "_Doubt",
            ):
                used |= {a.value for a in node.args[1:2] if isinstance(a, ast.Constant) and isinstance(a.value, str)}
    assert used - documented == set()
