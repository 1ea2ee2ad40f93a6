"""The registry's own records: itself, the authority, the organisation and the TAP service.

They are made of settings and of what the service says of itself; their datestamp is the last `invenio obscore setup`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..dali.capabilities import capabilities_document
from ..dali.tableset import tableset_document
from ..db.registry_harvest import Established
from ..registry import voresource
from ..registry.facts import Named, Resource, Site
from ..registry.oai import Record
from .service import TapService

PAGE_SIZE = 200


@dataclass(frozen=True)
class Addresses:
    """Public addresses of the registry and of the service."""

    oai: str
    tap: str


def own_records(
    site: Site, established: Established, service: TapService, addresses: Addresses, *, documents: bool = True
) -> list[Record]:
    """The four records; without ``documents`` their headers only."""
    made: Mapping[str, Callable[[], voresource.Element]] = {
        site.registry_id: lambda: voresource.registry(
            _registry(site, established, addresses), site, addresses.oai, PAGE_SIZE
        ),
        site.authority_id: lambda: voresource.authority(_authority(site, established), site),
        site.organisation_id: lambda: voresource.organisation(_organisation(site, established)),
        site.service_id: lambda: voresource.tap_service(
            _service(site, established, addresses),
            capabilities_document(service.capabilities(addresses.tap)),
            tableset_document(service.tables()),
        ),
    }
    return [
        Record(identifier, established.updated, voresource.serialize(make()) if documents else "")
        for identifier, make in made.items()
    ]


def registry_document(site: Site, established: Established, addresses: Addresses) -> str:
    """The registry's own record, for Identify."""
    facts = _registry(site, established, addresses)
    return voresource.serialize(voresource.registry(facts, site, addresses.oai, PAGE_SIZE))


def _facts(
    site: Site,
    established: Established,
    identifier: str,
    title: str,
    description: str,
    url: str,
    short_name: str = "",
    types: tuple[str, ...] = (),
) -> Resource:
    return Resource(
        identifier=identifier,
        title=title,
        short_name=short_name,
        description=description,
        reference_url=url,
        publisher=site.publisher,
        contact=site.contact,
        created=established.created,
        updated=established.updated,
        creators=(Named(site.organisation),),
        dates=((f"{established.updated:%Y-%m-%d}", "Updated"),),
        types=types,
    )


def _registry(site: Site, established: Established, addresses: Addresses) -> Resource:
    title, words = f"{site.name} publishing registry", f"Resources that {site.organisation} publishes."
    return _facts(site, established, site.registry_id, title, words, site.url or addresses.oai, types=("Registry",))


def _authority(site: Site, established: Established) -> Resource:
    words = f"Identifiers that {site.organisation} gives."
    title = f"{site.authority} naming authority"
    return _facts(site, established, site.authority_id, title, words, site.organisation_url, types=("Other",))


def _organisation(site: Site, established: Established) -> Resource:
    words = f"{site.organisation}, which runs {site.name}."
    return _facts(
        site,
        established,
        site.organisation_id,
        site.organisation,
        words,
        site.organisation_url,
        types=("Organisation",),
    )


def _service(site: Site, established: Established, addresses: Addresses) -> Resource:
    return _facts(
        site,
        established,
        site.service_id,
        f"{site.name} TAP service",
        f"{site.description} ObsCore tables answer queries in ADQL.",
        addresses.tap,
        short_name=f"{site.name[:12]} TAP",
        types=("Archive", "Catalog"),
    )
