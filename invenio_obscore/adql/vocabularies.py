"""Terms of IVOA vocabularies (http://www.ivoa.net/rdf) and what is narrower, for ``gavo_vocmatch``.

A line is a term below the one that its indentation says; behind ``<`` stand further terms that are wider than it.
Deprecated terms are left out.
"""

from __future__ import annotations

from functools import cache

_TEXTS = {
    # "event" is no term of the vocabulary but what ObsCore 1.1 calls event lists.
    "product-type": """
spatially-resolved-dataset
  image
  cube
    spectral-cube < spatially-resolved-dataset spectrally-resolved-dataset
    time-cube < spatially-resolved-dataset temporally-resolved-dataset
    polarization-cube < spatially-resolved-dataset polarization-resolved-dataset
  spatial-profile
polarization-resolved-dataset
spectrally-resolved-dataset
  spectrum
    sed
  slit-spectrum < spatially-resolved-dataset
  polarized-spectrum < polarization-resolved-dataset
  dynamic-spectrum < temporally-resolved-dataset
visibility
temporally-resolved-dataset
  event
    event-list
      event-bundle
  timeseries
    light-curve
    velocity-curve
measurements
""",
    "messenger": """
Photon
  Radio
  Millimeter
  Infrared
  Optical
  UV
    EUV
  X-ray
  Gamma-ray
Neutrino
""",
    "datalink/core": """
this
progenitor
derivation
auxiliary
  weight
  error
  noise
calibration
  bias
  dark
  flat
preview
  preview-image
  preview-plot
  thumbnail
proc
  cutout
documentation
  detached-header
coderived
counterpart
package
""",
    "refframe": """
EQUATORIAL
  geo_app
  ICRS
  FK4
  FK5
ECLIPTIC
GENERIC_GALACTIC
  GALACTIC_I
  GALACTIC
SUPER_GALACTIC
AZ_EL
BODY
UNKNOWN
""",
    "processing-level": """
obscore-level
  obscore-raw
  obscore-instrumental
  obscore-calibrated
  obscore-enhanced
  obscore-analysis
""",
}

#: Names of the vocabularies.
VOCABULARIES = tuple(_TEXTS)


@cache
def terms(vocabulary: str) -> dict[str, tuple[str, ...]]:
    """All terms of a vocabulary, each with itself and all that is narrower."""
    wider = _wider(_TEXTS[vocabulary])
    return {term: tuple(t for t in wider if _is_below(t, term, wider)) for term in wider}


def _wider(text: str) -> dict[str, list[str]]:
    """Each term with those directly above it."""
    found: dict[str, list[str]] = {}
    above: list[str] = []
    for line in text.strip().split("\n"):
        name, _, others = line.strip().partition(" < ")
        level = (len(line) - len(line.lstrip())) // 2
        found[name] = [*above[level - 1 : level], *others.split()] if level else others.split()
        above[level:] = [name]
    return found


def _is_below(term: str, other: str, wider: dict[str, list[str]]) -> bool:
    return term == other or any(_is_below(above, other, wider) for above in wider[term])
