"""Terms that ObsCore 1.1 and the IVOA vocabularies let columns hold."""

from __future__ import annotations

#: ObsCore 1.1, section 3.3.1: what ``dataproduct_type`` may hold.
DATAPRODUCT_TYPES = ("image", "cube", "spectrum", "sed", "timeseries", "visibility", "event", "measurements")

#: ObsCore 1.1, section 3.3.2.
CALIB_LEVELS = range(5)

#: Order of polarisation states in ``pol_states`` (ObsCore 1.1, section B.6.6).
POL_STATES = tuple("I Q U V RR LL RL LR XX YY XY YX POLI POLA".split())

#: Curation.rights (ObsCore 1.1, section 4.7).
DATA_RIGHTS = ("public", "secure", "proprietary")

#: Finer terms of the IVOA vocabulary *product-type*, each with the ObsCore type that it refines.
PRODUCT_SUBTYPES = {
    "spectral-cube": "cube",
    "time-cube": "cube",
    "polarization-cube": "cube",
    "spatial-profile": "image",
    "slit-spectrum": "spectrum",
    "polarized-spectrum": "spectrum",
    "dynamic-spectrum": "spectrum",
    "event-list": "event",
    "event-bundle": "event",
    "light-curve": "timeseries",
    "velocity-curve": "timeseries",
}


def pol_states_text(states: list[str]) -> str | None:
    """``/I/Q/U/`` from any list of states, in the standard's order; None where no state is known."""
    known = [state for state in POL_STATES if state in states]
    return f"/{'/'.join(known)}/" if known else None
