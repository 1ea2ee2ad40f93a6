"""What DataCite accepts: DOI, prefix, and the properties that the DataCite Metadata Schema 4.5 requires."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from datacite import schema45

DOI = re.compile(r"10\.\d{4,9}/[-._;()/:a-zA-Z0-9*~$=]+")
REQUIRED = ("creators", "titles", "publisher", "publicationYear", "types", "url")
"""Properties a DOI must have before it is registered or findable (a draft may lack them)."""
SCHEMA_PROPERTIES = frozenset(schema45.validator.schema["properties"]) - {"doi", "prefix", "suffix", "event", "url"}
SCHEMA_VERSION = "http://datacite.org/schema/kernel-4"


class Refused(Exception):
    """A request that DataCite would refuse: HTTP status and JSON:API errors."""

    def __init__(self, status: int, *errors: Mapping[str, str]) -> None:
        super().__init__(status, errors)
        self.status = status
        self.errors = list(errors)


def error(title: str, source: str = "", status: int = 422) -> dict[str, str]:
    """Return one entry of a JSON:API error list as DataCite writes it."""
    entry = {"status": str(status), "title": title}
    return entry | {"source": source} if source else entry


def check_doi(doi: str, prefix: str) -> None:
    """Refuse a DOI that is malformed or outside of the account's prefix."""
    if not DOI.fullmatch(doi):
        raise Refused(422, error("is invalid", "doi"))
    if doi.partition("/")[0] != prefix:
        title = "You are not authorized to access this resource."
        raise Refused(403, error(title, status=403))


def check_findable(attributes: Mapping[str, Any]) -> None:
    """Refuse attributes that may not be registered: required properties, then the metadata schema."""
    problems = [error("can't be blank", name) for name in REQUIRED if not attributes.get(name)]
    if not problems:
        problems = [*_url_problems(attributes["url"]), *_type_problems(attributes), *_schema_problems(attributes)]
    if problems:
        raise Refused(422, *problems)


def _url_problems(url: str) -> Iterator[dict[str, str]]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", "ftp") or not parts.netloc:
        yield error("is not a valid URL", "url")


def _type_problems(attributes: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    if not attributes["types"].get("resourceTypeGeneral"):
        yield error("can't be blank", "types")


def _schema_problems(attributes: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    document = {name: value for name, value in attributes.items() if name in SCHEMA_PROPERTIES}
    document["schemaVersion"] = SCHEMA_VERSION
    if isinstance(document["publisher"], str):  # DataCite takes the form of schema 4.4, too
        document["publisher"] = {"name": document["publisher"]}
    for problem in schema45.validator.iter_errors(document):
        where = ".".join(str(part) for part in problem.absolute_path)
        yield error(problem.message[:500], where)
