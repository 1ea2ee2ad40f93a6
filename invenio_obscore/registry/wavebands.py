"""Names of parts of the electromagnetic spectrum, as VODataService 1.1 (section 3.3, ``waveband``) has them."""

from __future__ import annotations

from collections.abc import Iterator

#: Name, shortest and longest wavelength in metres.
WAVEBANDS: tuple[tuple[str, float, float], ...] = (
    ("Gamma-ray", 0.0, 1e-11),
    ("X-ray", 1e-11, 1e-8),
    ("EUV", 1e-8, 1e-7),
    ("UV", 1e-7, 3e-7),
    ("Optical", 3e-7, 1e-6),
    ("Infrared", 1e-6, 1e-4),
    ("Millimeter", 1e-4, 1e-2),
    ("Radio", 1e-2, float("inf")),
)


def wavebands(em_min: float | None, em_max: float | None) -> Iterator[str]:
    """Bands that a wavelength interval (metres, vacuum) overlaps; nothing where it is not known."""
    low = em_min if em_min is not None else em_max
    high = em_max if em_max is not None else em_min
    if low is None or high is None:
        return
    for name, begin, end in WAVEBANDS:
        if (low < end and high > begin) or begin <= low == high < end:
            yield name
