"""Misbehaviour on request, so that tests can see what InvenioRDM does when DataCite has a bad day."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("none", "slow", "error", "throttled", "refused", "reset", "garbage", "lost")
"""Nothing; an answer after ``seconds``; HTTP 500; HTTP 429; HTTP 422; the connection cut; 200 with a body that is no
JSON; the request carried out and its answer lost, so that the client sends it twice."""


@dataclass
class Fault:
    """What goes wrong with the next requests."""

    kind: str = "none"
    seconds: float = 0.0
    remaining: int = -1
    """How many requests it strikes; -1 is all until it is switched off."""

    def strike(self) -> str:
        """Return the kind that strikes this request and count it."""
        if self.kind == "none" or self.remaining == 0:
            return "none"
        if self.remaining > 0:
            self.remaining -= 1
        return self.kind
