"""Tables of rules of instruments, one file each.

A user adds more without touching the package: by the entry point group ``invenio_obscore.instruments`` (an `Instrument`
or a sequence of them), or from a Python file (`from_file`).
"""

from __future__ import annotations

import os
import runpy
from functools import lru_cache
from importlib.metadata import entry_points

from ...errors import ConfigurationError
from ..rules import Instrument
from .cfht import CFHT, ESPADONS, SPIROU
from .chandra import CHANDRA
from .eso import ESO_PRODUCT, ESO_RAW
from .fermi import FERMI
from .gadf import GADF
from .gemini import GEMINI
from .hst import HST
from .interferometry import FITS_IDI, OIFITS
from .iue import IUE
from .jwst import JWST
from .kepler import KEPLER, TESS
from .lamost import LAMOST
from .pulsars import PSRFITS
from .radio import RADIO
from .sdss import SDSS
from .solar import GOES_XRS, HMI, MDI, SOLAR
from .surveys import SURVEYS
from .xmm import XMM
from .xray import XRAY

#: Ours, in the order in which they are asked.
INSTRUMENTS: tuple[Instrument, ...] = (
    HST, JWST, ESO_PRODUCT, ESO_RAW, SDSS, LAMOST, IUE, XMM, CHANDRA, FERMI, GADF, FITS_IDI, OIFITS, PSRFITS, RADIO,
    KEPLER, TESS, GEMINI, ESPADONS, SPIROU, CFHT, GOES_XRS, HMI, MDI, SOLAR, *XRAY, *SURVEYS,
)  # fmt: skip
GROUP = "invenio_obscore.instruments"


def _checked(found: object, where: str) -> tuple[Instrument, ...]:
    several = found if isinstance(found, (tuple, list)) else (found,)
    for instrument in several:
        if not isinstance(instrument, Instrument):
            raise ConfigurationError(f"{where} gives {instrument!r}, which is no Instrument")
    return tuple(several)


@lru_cache(maxsize=1)
def installed() -> tuple[Instrument, ...]:
    """The instruments that other distributions register.

    Raises
    ------
    ConfigurationError
        An entry point gives something else.
    """
    return tuple(i for entry in entry_points(group=GROUP) for i in _checked(entry.load(), f"entry point {entry.name}"))


def from_file(path: str | os.PathLike[str]) -> tuple[Instrument, ...]:
    """The instruments in a Python file's ``INSTRUMENTS``; running it is the user's own decision.

    Raises
    ------
    ConfigurationError
        The file has no such name.
    """
    names = runpy.run_path(os.fspath(path))
    if "INSTRUMENTS" not in names:
        raise ConfigurationError(f"{os.fspath(path)} defines no INSTRUMENTS")
    return _checked(names["INSTRUMENTS"], os.fspath(path))
