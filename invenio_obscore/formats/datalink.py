"""DataLink 1.1: the table that a ``{links}`` service answers with, and what tells of that service in other tables."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from ..obscore.columns import OBSCORE
from ..obscore.fields import Field
from .meta import Service

STANDARD_ID = "ivo://ivoa.net/std/DataLink#links-1.1"
CONTENT_TYPE = "application/x-votable+xml;content=datalink"
#: Media types and short forms that RESPONSEFORMAT may name (section 2.1.3), without parameters.
RESPONSE_FORMATS = frozenset({"", "votable", "application/x-votable+xml"})

#: Section 3.2, in the order of :class:`Link`.
FIELDS = (
    Field("ID", "char", "*", ucd="meta.id;meta.main", description="Identifier that was asked for"),
    Field("access_url", "char", "*", ucd="meta.ref.url", description="Address of the link's data"),
    Field("service_def", "char", "*", ucd="meta.ref", description="Descriptor of a service"),
    Field("error_message", "char", "*", ucd="meta.code.error", description="Why there is no link"),
    Field("description", "unicodeChar", "*", ucd="meta.note", description="What the link leads to"),
    Field("semantics", "char", "*", ucd="meta.code", description="What the link's data are to the data product"),
    Field("content_type", "char", "*", ucd="meta.code.mime", description="Media type of the link's data"),
    Field("content_length", "long", unit="byte", ucd="phys.size;meta.file", description="Size of the link's data"),
    Field("content_qualifier", "char", "*", ucd="meta.code", description="Kind of the link's data (product-type)"),
    Field("link_auth", "char", "*", ucd="meta.code", description="Whether one must log in: false, optional or true"),
    Field("link_authorized", "boolean", ucd="meta.code", description="Whether who asks may follow the link"),
)


@dataclass(frozen=True)
class Link:
    """A row: exactly one of ``access_url``, ``service_def`` and ``error_message`` has a value."""

    id: str
    access_url: str | None = None
    service_def: str | None = None
    error_message: str | None = None
    description: str | None = None
    semantics: str = "#this"
    content_type: str | None = None
    content_length: int | None = None
    content_qualifier: str | None = None
    link_auth: str | None = None
    link_authorized: bool | None = None

    @property
    def cells(self) -> tuple[str | int | bool | None, ...]:
        """Values in the order of :data:`FIELDS`."""
        return astuple(self)


def descriptor(links_url: str) -> Service:
    """What tells clients that the data products of a table have links (section 4)."""
    return Service("datalink", links_url, STANDARD_ID, CONTENT_TYPE, OBSCORE["obs_publisher_did"].utype)


def not_found(identifier: str) -> Link:
    """What stands for an identifier that has no links (section 3.4: the answer itself is no error)."""
    return Link(identifier, error_message="NotFoundFault: no published data product has this identifier")


def too_many(identifier: str) -> Link:
    """What stands for a record with more products than an answer holds."""
    return Link(identifier, error_message="DefaultFault: too many data products, the TAP service has them all")
