"""The data products of a record as its page shows them: one page of rows that stand in ``ivoa.obscore``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import current_app, g, request
from invenio_rdm_records.proxies import current_rdm_records_service

from ..obscore.columns import OBSCORE
from ..rdm import previews, published_listing
from ..rdm.listing import Query
from ..rdm.models import PreviewStatus, Stage
from ..rdm.previews import Shown
from ..rdm.stored_files import count_pending, list_files
from ..rdm.visibility import files_are_public, record_is_public
from . import clients, presentation

PAGE_ARGUMENT = "products_page"
#: What scripts of the page get of each row.
_FOR_SCRIPTS = (
    "s_ra", "s_dec", "s_fov", "em_min", "em_max", "t_min", "t_max", "access_url", "access_format", "dataproduct_type",
    "obs_publisher_did",
)  # fmt: skip


@dataclass(frozen=True)
class ShownProduct:
    """One line of the table: texts, not yet escaped.

    Attributes
    ----------
    number
        Among all of the record, from 0.
    preview
        Address of its picture without the size; empty where the reader may not see it.
    picture
        What is known of the picture; None where the reader may not see it.
    """

    number: int
    file: str
    product: str
    access_url: str
    kind: str
    target: str
    position: str
    field_of_view: str
    spectral: str
    time: str
    facility: str
    instrument: str
    size: str
    preview: str
    picture: Shown | None
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class ProductTable:
    """A page of the table.

    Attributes
    ----------
    total
        Products of the record in all.
    pending
        Public files that are still being read.
    hidden
        Whether the record has files that this page says nothing of, since not everybody may see them.
    embargo_until
        Day on which these become public, or an empty text.
    shown_in
        Another version whose products are the ones that are published; empty where it is this one.
    """

    recid: str
    lines: list[ShownProduct]
    total: int
    pending: int
    page: int
    size: int
    hidden: bool = False
    embargo_until: str = ""
    shown_in: str = ""

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """Number of the first line shown, from 1."""
        return (self.page - 1) * self.size + 1

    @property
    def last(self) -> int:
        """Number of the last line shown."""
        return self.first + len(self.lines) - 1

    @property
    def for_scripts(self) -> dict[str, Any]:
        """What the page's scripts get, as JSON."""
        config = current_app.config
        return {
            "recid": self.recid,
            "survey": config["OBSCORE_SKY_SURVEY"],
            "table": f"{config['SITE_API_URL']}/records/{self.recid}/obscore?format=votable",
            "queries": clients.queries(self.recid),
            "total": self.total,
            "size": self.size,
            "argument": PAGE_ARGUMENT,
            "products": [dict(line.facts) for line in self.lines],
        }


def product_table(record: Any) -> ProductTable | None:  # noqa: ANN401 - an RDMRecord
    """The table for the page of a record; None where there is nothing to be said to this reader."""
    if record.is_draft or not record_is_public(record):
        return None
    recid = str(record.pid.pid_value)
    page, size = _page(), max(1, int(current_app.config["OBSCORE_LANDING_PAGE_ROWS"]))
    listed = published_listing.read(g.identity, recid, Query(page=page, size=size, sort="file"))
    if page > 1 and not listed["products"]:
        page = max(1, -(-listed["total"] // size))
        listed = published_listing.read(g.identity, recid, Query(page=page, size=size, sort="file"))
    public = files_are_public(record)
    hidden = not public and bool(record.files.enabled)
    pending = count_pending(record.id) if public else 0
    elsewhere = "" if listed["total"] else next(iter(listed["versions"]), "")
    if not listed["total"] and not pending and not hidden and not elsewhere:
        return None
    lines = _lines(record, recid, listed["products"], first=(page - 1) * size)
    until = _embargo(record) if hidden else ""
    return ProductTable(recid, lines, listed["total"], pending, page, size, hidden, until, elsewhere)


def _page() -> int:
    """The page that the address asks for."""
    return max(1, min(request.args.get(PAGE_ARGUMENT, 1, type=int), 1_000_000))


def _embargo(record: Any) -> str:  # noqa: ANN401
    embargo = record.access.embargo
    return embargo.until.date().isoformat() if embargo.active and embargo.until else ""


def _lines(
    record: Any,  # noqa: ANN401
    recid: str,
    products: Sequence[Mapping[str, Any]],
    *,
    first: int,
) -> list[ShownProduct]:
    pictures = _pictures(record, products)
    return [
        _shown(number, recid, product, pictures.get((product["file"], product["product"])))
        for number, product in enumerate(products, first)
    ]


def _pictures(record: Any, products: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], Shown]:  # noqa: ANN401
    """What is known of the pictures of products whose files the reader may download; those missing are asked for."""
    service = current_rdm_records_service.files
    if not current_app.config["OBSCORE_PREVIEWS"] or not service.check_permission(
        g.identity, "read_files", record=record
    ):
        return {}
    keys = {product["file"] for product in products}
    allowed = {
        key for key in keys if service.check_permission(g.identity, "get_content_files", record=record, file_key=key)
    }
    files = {file.key: file.file_id for file in list_files(record.id, Stage.PUBLISHED) if file.key in allowed}
    wanted: dict[tuple[str, str], tuple[UUID, str]] = {
        (product["file"], product["product"]): (files[product["file"]], product["product"])
        for product in products
        if product["file"] in files
    }
    known = previews.known(wanted.values())
    previews.ask([key for key in wanted.values() if key not in known])
    return {name: known.get(key, Shown(PreviewStatus.QUEUED)) for name, key in wanted.items()}


def _shown(number: int, recid: str, product: Mapping[str, Any], picture: Shown | None) -> ShownProduct:
    row = {name: product["row"].get(name) for name in OBSCORE}
    name = product["member"] or product["file"]
    label = " · ".join(filter(None, (name, product["key"], str(row["target_name"] or ""))))
    address = urlencode({"file": product["file"], "product": product["product"]})
    facts = {key: row[key] for key in _FOR_SCRIPTS} | {
        "id": str(number),
        "label": label,
        "file": product["file"],
        "product": product["product"],
        "s_region": str(row["s_region"] or ""),
    }
    return ShownProduct(
        number=number,
        file=name,
        product=product["key"],
        access_url=str(row["access_url"] or ""),
        kind=str(row["dataproduct_subtype"] or row["dataproduct_type"] or ""),
        target=str(row["target_name"] or ""),
        position=presentation.position(row),
        field_of_view=presentation.field_of_view(row),
        spectral=presentation.spectral_coverage(row),
        time=presentation.time_coverage(row),
        facility=str(row["facility_name"] or ""),
        instrument=str(row["instrument_name"] or ""),
        size=presentation.file_size(row),
        preview=f"/api/records/{recid}/obscore/preview?{address}" if picture else "",
        picture=picture,
        facts=facts,
    )
