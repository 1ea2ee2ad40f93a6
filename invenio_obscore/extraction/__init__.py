"""Rules that turn headers into ObsCore values, each with its evidence.

`extract` is the front door: a `Reading` in, the file's products out. It never touches the file.
"""

from __future__ import annotations

from ..fits.reading import Reading
from .evidence import Evidence, Problem, Product
from .extractor import EXTRACTOR_VERSION, extract

__all__ = ["EXTRACTOR_VERSION", "Evidence", "Problem", "Product", "Reading", "extract"]
