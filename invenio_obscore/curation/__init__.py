"""Outside services that know what headers leave out: Simbad (objects), the SVO Filter Profile Service (bands).

A step of its own that can be repeated; a service that is down delays nothing and fills nothing. May import ``errors``,
``obscore`` and ``extraction.evidence``.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..extraction.evidence import Product
from .curator import Curator, Report
from .proposals import Proposal, accept
from .settings import Settings

__all__ = ("Curator", "Proposal", "Report", "Settings", "accept", "curate", "propose")


def propose(product: Product, *, settings: Settings | None = None) -> list[Proposal]:
    """What could fill the empty cells of one product; many at once go through :meth:`Curator.propose`."""
    return Curator(settings).propose([product])[0]


def curate(products: Sequence[Product], *, settings: Settings | None = None) -> Report:
    """Fill empty cells of products with what the services are sure of (``settings.threshold``)."""
    return Curator(settings).curate(products)
