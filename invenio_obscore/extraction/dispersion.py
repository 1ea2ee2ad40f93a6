"""Whether a frame without a spectral axis is dispersed light: by the gratings, modes and spectrographs it names."""

from __future__ import annotations

import re

from .position import is_dark
from .scope import Scope

#: What stands in a disperser's place where light goes through undispersed.
_NO_GRATING = re.compile(
    r"(mirror|mir(vis|nuv|fuv|cuv)|open|none|clear|no|out|free|imag|park|ref.*mirror|lr_ref.*|empty|null|blank|hole|unknown"
    r"|undef|true_dark|dark|unused|.*wollaston|n/?a$|[-?.0]+$).*",
    re.I,
)
#: Cards that name the grating, grism or prism in the beam.
_DISPERSERS = (
    "GRATING", "GRISM", "DISPERSR", "DISPERSE", "GRATENAM", "GRANAME", "GRISTRAN", "GRISNAME", "GRNAME", "GRISM_N",
    "GRATNG_N", "ESO INS GRIS1 NAME", "ESO INS GRAT NAME", "ESO INS GRAT1 NAME", "ESO INS GRAT2 NAME", "OPT_ELEM",
)  # fmt: skip
_MODE = re.compile(r"(.*spect|long.?slit|ifu$|mos$|mxu$|lss$|.*echelle|.*slit$|sls$)", re.I)
_PICTURE = re.compile(r"(acq|image|imaging|focus|through|direct|finding)", re.I)
#: Spectrographs that have no imaging mode: all that they see is dispersed.
_SPECTROGRAPHS = re.compile(
    r"(espadons|spirou|maroon-?x|graces|bhros|phoenix|texes|igrins(-2)?|harps|harpn|harps-n|uves|feros|crires\+?|espresso"
    r"|hires(:.*)?|ishell|giano(-b)?|carmenes.*|neid|kpf|hpf|pepsi|fies|sophie|coralie|elodie|hermes|cafe|chiron|cos|ghrs|hrs|fuse"
    r"|hds|mike(-.*)?|mage|xshooter|nirps|sarg|narval|neo-narval|veloce|ucles|aaomega.*|.*spectrograph)$",
    re.I,
)


def is_dispersed(scope: Scope) -> bool:
    """Whether an image without a spectral axis is a dispersed one, by what the header says of the instrument."""
    if scope.first.header.integer("DISPAXIS") in (1, 2) or scope.primary.header.integer("DISPAXIS") in (1, 2):
        return not _NO_GRATING.match(scope.text("GRATING") or "some")
    if is_dark(scope) or _shows_the_sky(scope):
        return False
    technique = scope.text("ESO DPR TECH", "ESO PRO TECH").upper()
    if technique:
        return "SPECTRUM" in technique or "ECHELLE" in technique
    if any(_MODE.match(str(hit.value).strip()) for hit in scope.hits("OBSTYPE", "OBSMODE", "OBS_MODE")):
        return True
    if scope.text("CAMERA").lower() == "spectroscopy":
        return True
    named = [text for text in (scope.text(keyword) for keyword in _DISPERSERS) if text]
    if named:
        return not any(_NO_GRATING.match(text) for text in named)
    return bool(_SPECTROGRAPHS.match(scope.text("INSTRUME")))


def _shows_the_sky(scope: Scope) -> bool:
    """Whether an acquisition, or a mirror in the beam, makes a spectrograph's frame a picture."""
    return (
        scope.text("ACQMIR").lower() == "in"
        or bool(_PICTURE.match(scope.text("OBSCLASS")))
        or bool(_PICTURE.match(scope.text("OBSMODE", "OBS_MODE")))
        or bool(_PICTURE.match(scope.text("SLIT", "SLITNAME", "CAMERA")))
    )
