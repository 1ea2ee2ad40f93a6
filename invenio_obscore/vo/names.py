"""Where named objects are: Simbad, and Sesame for what it does not know, behind ``ivo_simbadpoint``."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import ServiceError

# Somebody waits for the answer to a query.
_HURRY = {"OBSCORE_CURATION_TIMEOUT": "6", "OBSCORE_CURATION_RETRIES": "1", "OBSCORE_CURATION_PAUSE": "0"}


class ObjectNames:
    """Looks up positions.

    Parameters
    ----------
    settings
        Settings of curation (``OBSCORE_CURATION_…``): addresses, time-out, cache.
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._settings = {**_HURRY, **settings}

    def __call__(self, name: str) -> tuple[float, float] | None:
        """Right ascension and declination (ICRS, degrees) of an object; None when nobody knows it.

        Raises
        ------
        ServiceError
            A service does not answer, and the others do not know the name.
        """
        # astropy's tables and pyvo: only who asks for an object pays for them.
        from ..curation.settings import Settings
        from ..curation.simbad import Simbad

        simbad = Simbad(Settings.from_environment(self._settings))
        found = simbad.resolve([name]).get(name)
        if found is None and simbad.failures:
            reasons = "; ".join(simbad.failures)
            raise ServiceError(
                f"the position of {name[:60]!r} cannot be looked up: {reasons}", remedy="try again later"
            )
        return (found.ra, found.dec) if found else None
