"""X-ray and gamma-ray missions: nominal energy ranges of their instruments, where a file says nothing finer."""

from __future__ import annotations

from collections.abc import Iterator

from ...fits.spectral import from_values
from ..evidence import Evidence
from ..rules import Computed, Found, Instrument, written
from ..scope import Scope
from ..spectra import SOURCES

_KINDS = ("events", "image", "light curve")


def nominal_band(mission: str, bands: dict[str, tuple[float, float]], kinds: tuple[str, ...] = _KINDS) -> Computed:
    """A rule that gives an instrument's nominal energies (keV) to products whose file gives no energies.

    Parameters
    ----------
    mission
        Shown in evidence.
    bands
        By the start of the instrument's name; ``""`` for any.
    kinds
        Products that the rule is for.
    """

    def compute(scope: Scope) -> Iterator[Found]:
        if scope.kind not in kinds or any(f.column == "em_min" for source in SOURCES for f in source(scope)):
            return
        name = scope.text("INSTRUME").upper()
        for start, (low, high) in bands.items():
            if name.startswith(start):
                result = from_values(low, high, "keV")
                if result is not None:
                    detail = f"{mission}: nominal range of {name or 'its instrument'}, {low:g} to {high:g} keV"
                    yield Found("em_min", result.low, Evidence("em_min", "instrument", detail))
                    yield Found("em_max", result.high, Evidence("em_max", "instrument", detail))
                return

    return Computed(("em_min", "em_max"), compute)


_MISSIONS: dict[str, tuple[str, dict[str, tuple[float, float]]]] = {
    "ROSAT": ("ROSAT", {"HRI": (0.1, 2.4), "": (0.1, 2.4)}),
    "Swift": ("SWIFT", {"XRT": (0.2, 10.0), "BAT": (15.0, 150.0)}),
    "NuSTAR": ("NUSTAR", {"": (3.0, 79.0)}),
    "NICER": ("NICER", {"": (0.2, 12.0)}),
    "RXTE": ("XTE|RXTE", {"PCA": (2.0, 60.0), "HEXTE": (15.0, 250.0), "ASM": (1.5, 12.0)}),
    "Suzaku": ("SUZAKU", {"XIS": (0.2, 12.0), "HXD": (10.0, 600.0)}),
    "ASCA": ("ASCA", {"": (0.4, 10.0)}),
    "Einstein": ("EINSTEIN|HEAO-2", {"IPC": (0.4, 4.0), "HRI": (0.15, 3.0)}),
    "eROSITA": ("EROSITA|SRG|ERASS", {"": (0.2, 10.0)}),
    "AstroSat": ("ASTROSAT", {"LAXPC": (3.0, 80.0), "SXT": (0.3, 8.0), "CZT": (20.0, 200.0)}),
    "INTEGRAL": ("INTEGRAL", {"ISGRI": (15.0, 1000.0), "IBIS": (15.0, 1e4), "SPI": (18.0, 8000.0), "JMX": (3.0, 35.0)}),
    "BeppoSAX": ("SAX|BEPPOSAX", {"MECS": (1.3, 10.0), "LECS": (0.1, 10.0), "PDS": (15.0, 300.0)}),
    "IXPE": ("IXPE", {"": (2.0, 8.0)}),
    "Hitomi": ("HITOMI", {"": (0.3, 80.0)}),
    "Einstein Probe": ("EP$|EINSTEIN ?PROBE", {"": (0.5, 4.0)}),
}  # fmt: skip

XRAY: tuple[Instrument, ...] = tuple(
    Instrument(name, written(TELESCOP=pattern, MISSION=pattern), (nominal_band(name, bands),))
    for name, (pattern, bands) in _MISSIONS.items()
)
