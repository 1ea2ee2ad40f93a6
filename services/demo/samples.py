"""Real observations that ordinary Python packages carry, the records made of them, and what must come out."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.layout import ROOT, VAR

FOLDER = VAR / "demo"
CORPUS = ROOT.parent / "shared" / "corpus" / "open" / "files"
CORPUS_ENDINGS = (".fits", ".fits.gz", ".fits.bz2", ".fits.Z", ".evt")


@dataclass(frozen=True)
class Sample:
    """A FITS file inside a package's wheel, and columns of its row that are known from elsewhere."""

    package: str
    path: str
    expected: Mapping[str, str | float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The file's name, its key in the record."""
        return self.path.rpartition("/")[2]

    @property
    def local(self) -> Path:
        """Where the file is on this machine."""
        return FOLDER / "packages" / self.package.replace("==", "-") / self.path


@dataclass(frozen=True)
class Deposit:
    """A record to make."""

    name: str
    title: str
    description: str
    family_name: str
    given_name: str
    samples: tuple[Sample, ...]


MPDAF, STINGRAY, SUNPY = "mpdaf==3.6", "stingray==2.3.2", "sunpy==7.0.5"

DEPOSITS = (
    Deposit(
        "hdfs",
        "The Hubble Deep Field South with HST and MUSE",
        "A WFPC2 drizzled image and a MUSE white-light image of the same field.",
        "Bacon",
        "Roland",
        (
            Sample(
                MPDAF,
                "mpdaf/data/obj/HST-HDFS.fits",
                {
                    "dataproduct_type": "image",
                    "s_ra": 338.2396,
                    "s_dec": -60.5574,
                    "s_xel1": 500,
                    "instrument_name": "WFPC2",
                    "proposal_id": "8058",
                },
            ),
            Sample(
                MPDAF,
                "mpdaf/data/obj/IMAGE-HDFS-1.34.fits",
                {"dataproduct_type": "image", "s_ra": 338.2314, "s_dec": -60.5636, "s_xel1": 326},
            ),
        ),
    ),
    Deposit(
        "assorted",
        "A cube, a spectrum, X-ray events and the Sun",
        "A MUSE cube of the Hubble Ultra Deep Field, a stellar spectrum, Chandra events of M82 and an AIA image.",
        "Payne",
        "Cecilia",
        (
            Sample(
                MPDAF,
                "mpdaf/data/sdetect/subcub_mosaic.fits",
                {
                    "dataproduct_type": "cube",
                    "s_ra": 53.1753,
                    "s_dec": -27.8079,
                    "em_xel": 500,
                    "t_exptime": 36000.0,
                    "instrument_name": "MUSE",
                    "target_name": "UDF-MOSAIC",
                },
            ),
            Sample(
                MPDAF,
                "mpdaf/data/obj/Spectrum_Variance.fits",
                {"dataproduct_type": "spectrum", "t_exptime": 900.0},
            ),
            Sample(
                STINGRAY,
                "stingray/tests/data/chandra_test.fits",
                {
                    "dataproduct_type": "event",
                    "target_name": "M82",
                    "s_ra": 149.0989,
                    "s_dec": 69.7154,
                    "t_min": 54743.0299,
                    "instrument_name": "ACIS",
                },
            ),
            Sample(SUNPY, "sunpy/data/test/aia_171_level1.fits", {"dataproduct_type": "image", "s_xel1": 128}),
        ),
    ),
)

CONE = (338.235, -60.56, 0.1)
"""Centre and radius in degrees (ICRS): the Hubble Deep Field South."""

TOLERANCE = 1e-3
"""Absolute tolerance of expected numbers: degrees, days, seconds."""


def fetch() -> None:
    """Unpack the packages' wheels under var/demo, each once."""
    for package in sorted({sample.package for deposit in DEPOSITS for sample in deposit.samples}):
        target = FOLDER / "packages" / package.replace("==", "-")
        if target.exists():
            continue
        partial = target.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        uv = os.environ.get("OBSCORE_UV", "uv")
        command = [uv, "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--target", str(partial)]
        subprocess.run([*command, package], check=True, stdin=subprocess.DEVNULL)
        partial.rename(target)


def corpus() -> list[Path]:
    """Return the FITS files of the corpus beside the project; none where it is absent."""
    if not CORPUS.is_dir():
        return []
    return sorted(path for path in CORPUS.iterdir() if path.name.endswith(CORPUS_ENDINGS))
