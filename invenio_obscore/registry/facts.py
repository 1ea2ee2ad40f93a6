"""What a resource of the registry is, before it is XML (VOResource 1.1, section 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from ..obscore.identifiers import authority


@dataclass(frozen=True)
class Named:
    """Somebody or something with a name, and its identifier where it has one (IVOID, ORCID, ROR)."""

    name: str
    identifier: str = ""


@dataclass(frozen=True)
class Contact:
    """Who answers questions."""

    name: str
    email: str = ""


@dataclass(frozen=True)
class Relationship:
    """A relation to other resources; ``kind`` is a term of ``http://www.ivoa.net/rdf/voresource/relationship_type``."""

    kind: str
    resources: tuple[Named, ...]


@dataclass(frozen=True)
class Resource:
    """Facts that every resource has.

    Attributes
    ----------
    dates
        Pairs of a date (``YYYY-MM-DD``) and its role (``http://www.ivoa.net/rdf/voresource/date_role``).
    alternates
        Other identifiers: ``doi:10.…``.
    subjects
        Terms of ``http://www.ivoa.net/rdf/uat``.
    source
        Bibcode of the article about it.
    rights
        Pairs of a statement and its URI.
    """

    identifier: str
    title: str
    description: str
    reference_url: str
    publisher: Named
    contact: Contact
    created: datetime
    updated: datetime
    short_name: str = ""
    alternates: tuple[str, ...] = ()
    creators: tuple[Named, ...] = ()
    contributors: tuple[Named, ...] = ()
    dates: tuple[tuple[str, str], ...] = ()
    version: str = ""
    subjects: tuple[str, ...] = ("observational-astronomy",)
    source: str = ""
    types: tuple[str, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    rights: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Site:
    """The repository as a publisher in the VO, from its settings.

    Attributes
    ----------
    authority
        The IVOA authority, without ``ivo://``.
    service_path
        Path of the TAP service's identifier: the one that identifiers of products stand under.
    """

    authority: str
    service_path: str
    name: str
    description: str
    url: str
    contact: Contact
    organisation: str
    organisation_url: str

    @property
    def authority_id(self) -> str:
        """Identifier of the naming authority."""
        return f"ivo://{self.authority}"

    @property
    def registry_id(self) -> str:
        """Identifier of the publishing registry."""
        return f"{self.authority_id}/registry"

    @property
    def organisation_id(self) -> str:
        """Identifier of the organisation."""
        return f"{self.authority_id}/organisation"

    @property
    def service_id(self) -> str:
        """Identifier of the TAP service."""
        return f"{self.authority_id}/{self.service_path}"

    @property
    def email(self) -> str:
        """Where mail is answered; every host with mail has a postmaster (RFC 5321, section 4.5.1)."""
        return self.contact.email or f"postmaster@{urlsplit(self.url).hostname or self.authority}"

    @property
    def publisher(self) -> Named:
        """The organisation as a publisher."""
        return Named(self.organisation, self.organisation_id)


def vo_url(config: Mapping[str, Any]) -> str:
    """Public address above the VO's services (``/tap``, ``/datalink``)."""
    return str(config.get("OBSCORE_VO_URL") or f"{str(config.get('SITE_UI_URL') or '').rstrip('/')}/vo").rstrip("/")


def site(config: Mapping[str, Any]) -> Site:
    """Read the settings of a repository."""

    def text(*names: str) -> str:
        return next((str(config[name]) for name in names if config.get(name)), "")

    url = text("SITE_UI_URL").rstrip("/")
    name = text("OBSCORE_REGISTRY_TITLE", "THEME_SITENAME") or urlsplit(url).hostname or "InvenioRDM"
    organisation = text("OBSCORE_ORGANISATION") or name
    return Site(
        authority=authority(text("OBSCORE_AUTHORITY"), url),
        service_path=text("OBSCORE_DID_PATH") or "obscore",
        name=name,
        description=text("OBSCORE_REGISTRY_DESCRIPTION") or f"Observations deposited at {name}, each with a DOI.",
        url=url,
        contact=Contact(
            text("OBSCORE_REGISTRY_CONTACT") or f"{organisation} operators",
            text("OBSCORE_REGISTRY_EMAIL", "APP_RDM_ADMIN_EMAIL_RECIPIENT", "SECURITY_EMAIL_SENDER"),
        ),
        organisation=organisation,
        organisation_url=text("OBSCORE_ORGANISATION_URL") or url,
    )
