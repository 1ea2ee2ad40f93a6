"""X-ray and gamma-ray missions: nominal energy ranges of their instruments, where a file says nothing finer."""

from __future__ import annotations

from collections.abc import Iterator

from ...fits.spectral import from_values
from ..event_fields import nominal_circle
from ..evidence import Evidence
from ..rules import Computed, Constant, Found, Instrument, Rules, written
from ..scope import Scope
from ..spectra import SOURCES, is_ogip_spectrum

_KINDS = ("events", "image", "light curve", "spectrum")


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
        if scope.kind == "spectrum" and not is_ogip_spectrum(scope.first):
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


def field_of_view(mission: str, diameters: dict[str, float]) -> Computed:
    """A rule that gives event lists without a region the instrument's nominal field of view about the pointing.

    Parameters
    ----------
    mission
        Shown in evidence.
    diameters
        Degrees, of the circle that holds the field, by the start of the instrument's name; ``""`` for any.
    """

    def compute(scope: Scope) -> Iterator[Found]:
        name = scope.text("INSTRUME").upper()
        for start, diameter in diameters.items():
            if name.startswith(start):
                yield from nominal_circle(scope, diameter, f"{mission}: nominal field of view of {name or 'it'}")
                return

    return Computed(("s_region", "s_fov"), compute)


#: What all missions' products are about; their events and counts are photons.
PHOTONS: Rules = (
    Constant("messenger_name", "photon", "X-rays or gamma rays"),
    Constant("messenger_pdgid", "22", "photons"),
)
#: Fields of view as the missions' handbooks have them; a square's is that of the circle about it.
_FIELDS: dict[str, dict[str, float]] = {
    "ROSAT": {"PSPC": 2.0, "HRI": 0.63},
    "Swift": {"XRT": 0.56},
    "NuSTAR": {"": 0.29},
    "NICER": {"": 0.1},
    "RXTE": {"PCA": 1.0, "HEXTE": 1.0},
    "Suzaku": {"XIS": 0.42},
    "ASCA": {"GIS": 0.83, "SIS": 0.52},
    "Einstein": {"IPC": 1.77, "HRI": 0.42},
    "eROSITA": {"": 1.03},
    "AstroSat": {"LAXPC": 0.9, "SXT": 0.68},
    "INTEGRAL": {"ISGRI": 29.0, "IBIS": 29.0, "SPI": 35.0, "JMX": 13.2},
    "BeppoSAX": {"MECS": 0.93, "LECS": 0.62},
    "IXPE": {"": 0.31},
}
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
    Instrument(
        name,
        written(TELESCOP=pattern, MISSION=pattern),
        (nominal_band(name, bands), field_of_view(name, _FIELDS.get(name, {})), *PHOTONS),
    )
    for name, (pattern, bands) in _MISSIONS.items()
)
