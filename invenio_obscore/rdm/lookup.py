"""What Simbad and the SVO Filter Profile Service propose for products of a draft: proposals to accept, never silent.

An accepted proposal stands among the corrections as ``{"value", "source", "detail", "raw"}``: it fills an empty cell
only, and its evidence is the service.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask_principal import Identity
from invenio_db import db
from sqlalchemy import select

from ..curation import Curator, Proposal, Settings
from ..errors import InputError, NotFoundError
from ..extraction import Product
from ..obscore.columns import SYSTEM_COLUMNS
from ..pipeline import correct
from . import access, products, verification
from .models import ObsCoreExtracted, Stage
from .stored_files import list_files

#: Products that one request asks for.
MOST = 100
#: Somebody waits: a service that is slow counts as down.
_TIMEOUT, _PAUSE = 6.0, 0.0
#: Seconds that a request computes products that nobody computed yet.
_PATIENCE = 5.0

#: File key and product.
Address = tuple[str, str]


def propose(identity: Identity, recid: str, wanted: Sequence[Address]) -> dict[str, Any]:
    """Proposals for these products of a draft, and the services that did not answer.

    Raises
    ------
    PermissionDeniedError
        The identity may not change the draft.
    NotFoundError
        There is no such product.
    InputError
        Too many at once.
    """
    draft = access.draft_to_change(identity, recid)
    found, failures = _proposals(draft.id, wanted)
    return {
        "proposals": [
            {"file": file, "product": product, "proposals": [proposal.to_dict() for proposal in proposals]}
            for (file, product), proposals in found.items()
        ],
        "failures": failures,
    }


def accepted(draft_uuid: Any, where: Address, wanted: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:  # noqa: ANN401
    """Corrections that stand for proposals of one product; they are asked for again, so that nobody makes one up.

    Parameters
    ----------
    wanted
        ``column``, ``value`` and ``service`` of each.

    Raises
    ------
    NotFoundError
        There is no such product, or no such proposal (any more).
    """
    found, failures = _proposals(draft_uuid, [where])
    offered = {(p.column, p.value, p.service): p for p in found[where]}
    taken: dict[str, dict[str, Any]] = {}
    for choice in wanted:
        proposal = offered.get((choice["column"], choice["value"], choice["service"]))
        if proposal is None:
            reason = "; ".join(failures) or "the service no longer proposes it"
            raise NotFoundError(f"{choice['column']} = {choice['value']} cannot be accepted: {reason}")
        taken[proposal.column] = as_correction(proposal)
    return taken


def as_correction(proposal: Proposal) -> dict[str, Any]:
    """How an accepted proposal stands among the corrections."""
    return {
        "value": proposal.value,
        "source": proposal.service,
        "detail": proposal.detail[:400],
        "raw": proposal.raw[:200],
    }


def _proposals(draft_uuid: Any, wanted: Sequence[Address]) -> tuple[dict[Address, list[Proposal]], list[str]]:  # noqa: ANN401
    if len(wanted) > MOST:
        raise InputError(f"At most {MOST} products are looked up at once.")
    asked = [_product(draft_uuid, where) for where in wanted]
    settings = Settings.from_environment()
    curator = Curator(replace(settings, timeout=min(settings.timeout, _TIMEOUT), retries=0, pause=_PAUSE))
    found = dict(zip(wanted, curator.propose(asked)))
    return found, curator.failures


def _product(draft_uuid: Any, where: Address) -> Product:  # noqa: ANN401
    """One product, corrected: what was corrected needs no proposal."""
    file_key, name = where
    files = [file for file in list_files(draft_uuid, Stage.DRAFT) if file.key == file_key]
    decided = verification.current(draft_uuid, Stage.DRAFT)
    keys = products.keys_of(files, decided.mapping)
    products.computed(files, keys, decided.mapping, patience=_PATIENCE)
    entry = ObsCoreExtracted
    for key in keys.values():
        named = select(entry.document).where(entry.file_id == key[0], entry.key == key[1], entry.product == name)
        document = db.session.scalar(named.where(~entry.failed).order_by(entry.number).limit(1))
        if document is not None:
            product = Product.from_dict(document)
            given = decided.corrections.get(file_key, {}).get(name, {})
            correct([product], {name: given}, system=SYSTEM_COLUMNS)
            return product
    raise NotFoundError(f"There is no product {name[:200]!r} in {file_key[:200]!r}, or it is still being computed.")
