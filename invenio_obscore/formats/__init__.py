"""Serialisations of results, all streamed. Nothing here knows HTTP or a database."""

from .meta import Info, Meta
from .registry import FORMATS, Format, for_responseformat
from .source import Cell, MemorySource, Row, Source, Wire

__all__ = ["FORMATS", "Cell", "Format", "Info", "MemorySource", "Meta", "Row", "Source", "Wire", "for_responseformat"]
