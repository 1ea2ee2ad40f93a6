"""Where the outside services are and how they are treated."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import platformdirs

from ..errors import ConfigurationError

_PREFIX = "OBSCORE_CURATION_"


def _cache_directory() -> Path:
    return Path(platformdirs.user_cache_dir("invenio-obscore")) / "curation"


@dataclass(frozen=True)
class Settings:
    """How curation works; each may be set by ``OBSCORE_CURATION_<NAME>`` (:meth:`from_environment`).

    Attributes
    ----------
    simbad_url
        Simbad's TAP service.
    sesame_url
        Sesame, asked for the names that Simbad does not know.
    svo_url
        The SVO Filter Profile Service.
    cache
        Directory of the answers; an empty path keeps none.
    cache_days
        How long an answer counts; one that found nothing counts a tenth of it.
    timeout
        Seconds to wait for an answer.
    retries
        How often a request that failed is repeated.
    backoff
        Seconds before the second repetition; each further one waits twice as long.
    pause
        Shortest time between two requests to one service, in seconds.
    batch
        Names in one request to Simbad.
    threshold
        How sure a proposal must be to fill a cell by itself.
    """

    simbad_url: str = "https://simbad.cds.unistra.fr/simbad/sim-tap"
    sesame_url: str = "https://cds.unistra.fr/cgi-bin/nph-sesame"
    svo_url: str = "https://svo2.cab.inta-csic.es/theory/fps/fps.php"
    cache: Path = field(default_factory=_cache_directory)
    cache_days: float = 90.0
    timeout: float = 20.0
    retries: int = 3
    backoff: float = 0.5
    pause: float = 0.25
    batch: int = 500
    threshold: float = 0.8

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """The settings with what the environment says, or a mapping in its place.

        Raises
        ------
        ConfigurationError
            A number that is none.
        """
        defaults = cls()
        given: dict[str, Any] = {}
        for item in fields(cls):
            text = (os.environ if environment is None else environment).get(_PREFIX + item.name.upper())
            if text is not None:
                kind = type(getattr(defaults, item.name))
                try:
                    given[item.name] = Path(text) if issubclass(kind, Path) else kind(text)
                except ValueError:
                    raise ConfigurationError(f"{_PREFIX}{item.name.upper()}: {text!r} is no number") from None
        return cls(**given)
