"""Tables of rules of instruments, one file each; a user adds more by the entry point ``invenio_obscore.instruments``."""

from __future__ import annotations

from ..rules import Instrument

INSTRUMENTS: tuple[Instrument, ...] = ()
