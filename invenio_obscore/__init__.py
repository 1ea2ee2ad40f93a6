"""FITS files in, ObsCore rows out; and an InvenioRDM module around it.

::

    from invenio_obscore import extract, apply_mapping, load_table
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .pipeline import Response, extract
    from .tables import apply_mapping, load_table

__version__ = "0.1.0"
__all__ = ["Response", "__version__", "apply_mapping", "extract", "load_table"]

#: Public names and where they live: imported when they are first used, so that importing a part stays light.
_HOMES = {"extract": "pipeline", "Response": "pipeline", "apply_mapping": "tables", "load_table": "tables"}


def __getattr__(name: str) -> Any:  # noqa: ANN401  # PEP 562
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
