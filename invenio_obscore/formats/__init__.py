"""Serialisations of results, all streamed. Nothing here knows HTTP or a database."""

from ..obscore.fields import Cell, Row
from .memory import MemorySource
from .meta import Info, Meta
from .registry import FORMATS, Format, for_responseformat
from .source import Source, Wire

__all__ = ["FORMATS", "Cell", "Format", "Info", "MemorySource", "Meta", "Row", "Source", "Wire", "for_responseformat"]
