"""Settings of the VO side, from a Flask configuration or from environment variables."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from ..db.query import QuerySettings
from ..errors import ConfigurationError
from ..obscore.identifiers import authority

_DEFAULTS = QuerySettings(uri="")


@dataclass(frozen=True)
class VoSettings:
    """How the VO side runs.

    Attributes
    ----------
    query
        How queries use the database.
    url
        Public address above ``/tap``; empty for that of the request.
    write_timeout
        Seconds in which a client must take a piece of an answer.
    queries_per_client
        Synchronous queries of one client that run at the same time on this host; 0 for any number.
    max_request_bytes
        Largest request.
    upload_bytes
        Largest upload.
    upload_private
        Whether an upload may be fetched from a private network or this machine.
    publisher
        Name of the service, for people.
    site_url, api_url
        Addresses of the repository and of its REST API, for the pages of records; empty where there is none.
    previews
        Whether the repository draws pictures of data products.
    did_resource
        Authority and path that begin the identifiers of data products.
    names
        How names of objects are looked up, as settings of curation; None where they are not.
    """

    query: QuerySettings
    url: str = ""
    write_timeout: float = 60.0
    queries_per_client: int = 6
    max_request_bytes: int = 20 * 2**20
    upload_bytes: int = 16 * 2**20
    upload_private: bool = False
    publisher: str = "InvenioRDM"
    site_url: str = ""
    api_url: str = ""
    previews: bool = True
    did_resource: str = ""
    names: Mapping[str, str] | None = None

    @property
    def links_url(self) -> str:
        """Address of the links of data products; empty where only requests tell it."""
        base = self.url or (f"{self.site_url}/vo" if self.site_url else "")
        return f"{base}/datalink/links" if base else ""


def from_mapping(config: Mapping[str, Any]) -> VoSettings:
    """Read the settings named ``OBSCORE_TAP_…``; what is missing has its default.

    Raises
    ------
    ConfigurationError
        A value is no number where one is needed.
    """
    query = QuerySettings(
        uri=str(config.get("OBSCORE_TAP_DATABASE_URI") or _reader_uri(config)),
        connections=int(_number(config, "OBSCORE_TAP_CONNECTIONS", _DEFAULTS.connections)),
        timeout=_number(config, "OBSCORE_TAP_TIMEOUT", _DEFAULTS.timeout),
        maxrec=int(_number(config, "OBSCORE_TAP_MAXREC", _DEFAULTS.maxrec)),
        maxrec_limit=int(_number(config, "OBSCORE_TAP_MAXREC_LIMIT", _DEFAULTS.maxrec_limit)),
    )
    site_url = str(config.get("SITE_UI_URL") or "").rstrip("/")
    return VoSettings(
        query=query,
        url=str(config.get("OBSCORE_VO_URL") or "").rstrip("/"),
        write_timeout=_number(config, "OBSCORE_TAP_WRITE_TIMEOUT", 60.0),
        queries_per_client=int(_number(config, "OBSCORE_TAP_QUERIES_PER_CLIENT", 6)),
        upload_private=_is_on(config, "OBSCORE_TAP_UPLOAD_PRIVATE", default=False),
        site_url=site_url,
        api_url=str(config.get("SITE_API_URL") or (f"{site_url}/api" if site_url else "")).rstrip("/"),
        previews=_is_on(config, "OBSCORE_PREVIEWS", default=True),
        publisher=str(config.get("THEME_SITENAME") or "InvenioRDM"),
        did_resource=_did_resource(config),
        names=_names(config),
    )


def _names(config: Mapping[str, Any]) -> dict[str, str] | None:
    if not _is_on(config, "OBSCORE_TAP_OBJECT_NAMES", default=True):
        return None
    given = {**os.environ, **config}
    return {key: str(value) for key, value in given.items() if key.startswith("OBSCORE_CURATION_")}


def _is_on(config: Mapping[str, Any], key: str, *, default: bool) -> bool:
    return str(config.get(key, default) or "").lower() in ("1", "true", "yes")


def _did_resource(config: Mapping[str, Any]) -> str:
    """Authority and path, as identifiers are given."""
    given = authority(str(config.get("OBSCORE_AUTHORITY") or ""), str(config.get("SITE_UI_URL") or ""))
    return f"{given}/{config.get('OBSCORE_DID_PATH') or 'obscore'}"


def _number(config: Mapping[str, Any], key: str, default: float) -> float:
    value = config.get(key)
    try:
        return default if value in (None, "") else float(str(value))
    except ValueError as error:
        raise ConfigurationError(f"{key} must be a number, not {value!r}") from error


def _reader_uri(config: Mapping[str, Any]) -> str:
    """The repository's own database, as the role that reads."""
    uri = str(config.get("SQLALCHEMY_DATABASE_URI") or "")
    if not re.match(r"postgres(ql)?(\+\w+)?://", uri):
        return ""
    parts = urlsplit(uri)
    role = quote(str(config.get("OBSCORE_READER_ROLE") or "obscore_reader"), safe="")
    password = str(config.get("OBSCORE_READER_PASSWORD") or "")
    login = f"{role}:{quote(password, safe='')}" if password else role
    return urlunsplit(("postgresql", f"{login}@{parts.netloc.rpartition('@')[2]}", parts.path, parts.query, ""))
