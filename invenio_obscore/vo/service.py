"""What the HTTP side calls: one object for all of a TAP service, made once in a process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ..dali.capabilities import Limits, OutputFormat, TapCapabilities
from ..dali.parameters import Parameters
from ..dali.tableset import TableSet
from ..dali.uploads import Upload, uploads
from ..db.query import Lender, QueryService, Result
from ..db.tableset import read_tableset
from ..errors import ObsCoreError, ParameterError
from ..formats import FORMATS, Format, Info, Meta, for_responseformat
from ..formats.datalink import STANDARD_ID, descriptor
from .clients import ClientLimit
from .language import DESCRIPTION, LANGUAGES, VERSIONS, features
from .names import ObjectNames
from .settings import VoSettings
from .uploads import uploaded_table

_RUNID_LENGTH = 64
_MODELS = (("ivo://ivoa.net/std/ObsCore#core-1.1", "ObsCore-1.1"),)
ENDPOINTS = {
    "capabilities": "ivo://ivoa.net/std/VOSI#capabilities",
    "availability": "ivo://ivoa.net/std/VOSI#availability",
    "tables": "ivo://ivoa.net/std/VOSI#tables-1.1",
    "examples": "ivo://ivoa.net/std/DALI#examples",
}


class TapService:
    """A TAP 1.1 service over the published tables."""

    def __init__(self, settings: VoSettings) -> None:
        self.settings = settings
        self.names = ObjectNames(settings.names) if settings.names is not None else None
        self.queries = QueryService(settings.query, locate=self.names)
        self.clients = ClientLimit(settings.queries_per_client, settings.query.uri)
        self.up_since = datetime.now(UTC)
        self._tables: tuple[float, TableSet] | None = None

    def query(
        self,
        parameters: Parameters,
        parts: Mapping[str, bytes] | None = None,
        connections: Lender | None = None,
        links_url: str = "",
    ) -> tuple[Result, Format, Meta]:
        """Begin a query (TAP 1.1, section 2.7.1).

        Parameters
        ----------
        parameters
            As they came.
        parts
            The parts of the request by their names, for uploads.
        connections
            Where to run it, if not in the service's own pool.
        links_url
            Address of the links of data products (DataLink), if not the one that the settings tell.

        Returns
        -------
        tuple
            The rows, not yet asked for; how to write them; what to write beside them.

        Raises
        ------
        ParameterError
            A parameter is missing, repeated or not legal.
        AdqlError
            The query cannot be answered.
        """
        asked = _asked(parameters)
        settings = self.settings
        tables = [
            uploaded_table(upload, parts or {}, most_bytes=settings.upload_bytes, private=settings.upload_private)
            for upload in asked.uploads
        ]
        result = self.queries.run(asked.query, asked.maxrec, connections=connections, uploads=tables)
        return result, asked.format, _meta(asked.query, asked.run_id, links_url or settings.links_url)

    def check(self, parameters: Parameters) -> None:
        """Tell what is wrong with a query without running it or fetching anything; raises as `query`.

        A query of uploaded tables is only looked at when it runs: their columns are known then.
        """
        asked = _asked(parameters)
        if not asked.uploads:
            self.queries.run(asked.query, asked.maxrec).close()

    def tables(self) -> TableSet:
        """The published tables, as TAP_SCHEMA has them."""
        now = time.monotonic()
        cached = self._tables
        if cached is not None and now - cached[0] < self.settings.query.schema_lifetime:
            return cached[1]
        with self.queries.connections.connection() as connection:
            tables = read_tableset(connection)
        self._tables = (now, tables)
        return tables

    def access_url(self, publisher_did: str) -> str:
        """The address of a published product; empty where there is none. Identifiers have no case."""
        sql = "SELECT access_url FROM ivoa.obscore WHERE lower(obs_publisher_did) = lower(%s)"
        with self.queries.connections.connection() as connection:
            row = connection.execute(sql, [publisher_did]).fetchone()
        return row[0] if row and row[0] else ""

    def available(self) -> str:
        """Ask the database; return why the service is not available, or an empty text."""
        try:
            with self.queries.connections.connection() as connection:
                connection.execute("SELECT 1")
        except ObsCoreError as error:
            return str(error)
        return ""

    def capabilities(self, base_url: str) -> TapCapabilities:
        """Facts for ``/capabilities``; ``base_url`` is the address of the service."""
        query = self.settings.query
        seconds = int(query.timeout)
        return TapCapabilities(
            base_url=base_url,
            data_models=_MODELS,
            language_versions=VERSIONS,
            features=features(names=self.names is not None),
            language_description=DESCRIPTION,
            formats=[OutputFormat(f.content_type, f.names, f.ivo_id) for f in FORMATS],
            output_limit=Limits(query.maxrec, query.maxrec_limit),
            execution=Limits(seconds, seconds),
            upload_methods=("upload-inline", "upload-http", "upload-https"),
            upload_limit=Limits(self.settings.upload_bytes, self.settings.upload_bytes),
            endpoints=ENDPOINTS,
            others={STANDARD_ID: f"{base_url.removesuffix('/tap')}/datalink/links"},
        )


@dataclass(frozen=True)
class _Asked:
    """The parameters of a query (TAP 1.1, section 2.7), each of them legal."""

    format: Format
    query: str
    maxrec: int | None
    run_id: str
    uploads: list[Upload]


def _asked(parameters: Parameters) -> _Asked:
    format_ = for_responseformat(parameters.one("RESPONSEFORMAT", "FORMAT"))
    check_language(parameters.required("LANG"))
    run_id = parameters.one("RUNID") or ""
    if len(run_id) > _RUNID_LENGTH:
        raise ParameterError(f"RUNID has more than {_RUNID_LENGTH} characters", parameter="RUNID")
    maxrec = parameters.whole_number("MAXREC")
    return _Asked(format_, parameters.required("QUERY"), maxrec, run_id, uploads(parameters))


def check_language(language: str) -> None:
    """Refuse a LANG that is not spoken here (TAP 1.1, section 2.7.1.2)."""
    if language not in LANGUAGES:
        raise ParameterError(
            f"LANG {language[:40]!r} is not supported", parameter="LANG", remedy=f"use one of {', '.join(LANGUAGES)}"
        )


def _meta(query: str, run_id: str, links_url: str) -> Meta:
    infos = [Info("standardID", "ivo://ivoa.net/std/TAP"), Info("QUERY", query)]
    if run_id:
        infos.append(Info("RUNID", run_id))
    return Meta(tuple(infos), services=(descriptor(links_url),) if links_url else ())
