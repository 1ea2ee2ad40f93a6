"""Puts the module into an instance and takes it out again: database schemas, search mappings, fields of records.

Alembic makes the module's own tables; everything that queries see (``ivoa``, ``tap_schema``, functions, roles) is made
here, by statements that one may run again and again.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from typing import Any

from flask import current_app
from invenio_db import db
from invenio_db.uow import UnitOfWork
from invenio_rdm_records.proxies import current_rdm_records_service
from invenio_records_resources.services.uow import RecordCommitOp
from invenio_search import current_search_client
from invenio_search.engine import search
from invenio_search.utils import build_alias_name
from sqlalchemy import Text, cast, inspect, select, text
from sqlalchemy.exc import DBAPIError

from ..db import ddl
from ..errors import ConfigurationError
from .custom_fields import FIELDS, NAMESPACE, strip
from .models import ObsCoreReading

logger = logging.getLogger(__name__)


def _settings() -> ddl.DdlSettings:
    config = current_app.config
    return ddl.DdlSettings(reader=config["OBSCORE_READER_ROLE"], reader_password=config["OBSCORE_READER_PASSWORD"])


#: What begins a statement that the owner of a database may not be allowed.
_PRIVILEGED = ("CREATE EXTENSION", "ALTER ROLE", "DO $do$ BEGIN\n  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles")


def _statements() -> list[str]:
    """All that is to be run; the last one notes which version of it was."""
    statements = ddl.statements(_settings())
    return [*statements, f"COMMENT ON SCHEMA adql IS '{_NOTE}{_digest()}'"]


#: Before the digest, in the comment on the schema of our functions.
_NOTE = "invenio-obscore set-up "


def _digest() -> str:
    """Of the statements; a password is no part of it."""
    settings = replace(_settings(), reader_password="")
    return hashlib.sha256("\n".join(ddl.statements(settings)).encode()).hexdigest()[:16]


def _is_stale() -> bool:
    """Whether another version of the statements was run than the present one."""
    noted = db.session.scalar(text("SELECT obj_description(to_regnamespace('adql'), 'pg_namespace')"))
    return noted != f"{_NOTE}{_digest()}"


def administrators_sql() -> list[str]:
    """What :func:`set_up_database` runs, for an administrator: all that is made belongs to the application's user."""
    url = db.engine.url
    owner, database = (_quoted(str(name)) for name in (url.username, url.database))
    made = [f"GRANT CREATE ON DATABASE {database} TO {owner}", f"SET ROLE {owner}"]
    for statement in _statements():
        privileged = statement.startswith(_PRIVILEGED)
        made += ["RESET ROLE", statement, f"SET ROLE {owner}"] if privileged else [statement]
    return [*made, "RESET ROLE"]


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def set_up_database() -> int:
    """Run the statements in one transaction; how many there are.

    Raises
    ------
    ConfigurationError
        The database user may not do it, or pgSphere is not there.
    """
    return _run(_statements())


def tear_down_database() -> int:
    """Remove what :func:`set_up_database` made, in one transaction."""
    return _run(ddl.drop_statements(_settings()))


def _run(statements: list[str]) -> int:
    try:
        with db.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement.replace("%", "%%"))
    except DBAPIError as error:
        raise ConfigurationError(
            f"PostgreSQL refused: {str(error.orig).strip()}",
            remedy="let a database administrator run the output of `invenio obscore setup --print-sql`",
        ) from error
    return len(statements)


def missing() -> list[str]:
    """What of the set-up is not there, in words; empty when all is."""
    inspector = inspect(db.engine)
    found: list[str] = []
    if not inspector.has_table(ObsCoreReading.__tablename__):
        found.append("the module's tables are missing: run `invenio alembic upgrade`")
    if not inspector.has_table("obscore", schema="ivoa"):
        found.append("the table ivoa.obscore is missing: run `invenio obscore setup`")
    elif _is_stale():
        found.append("the published schema is another version's: run `invenio obscore setup`")
    if _unmapped():
        found.append("the search indices lack the fields obscore:*: run `invenio obscore setup`")
    if not current_app.config["OBSCORE_READER_PASSWORD"]:
        found.append("OBSCORE_READER_PASSWORD is not set: queries work only where PostgreSQL asks for none")
    if not current_app.config["OBSCORE_AUTHORITY"]:
        found.append("OBSCORE_AUTHORITY is not set: identifiers carry the host's name for ever")
    return found


def _indices() -> list[str]:
    service = current_rdm_records_service
    return [build_alias_name(cls.index._name) for cls in (service.record_cls, service.draft_cls)]


def _unmapped() -> dict[str, Any]:
    """Mapping of the fields that the indices of records and drafts lack."""
    if not current_app.config["OBSCORE_CUSTOM_FIELDS"]:
        return {}
    wanted = {f"custom_fields.{field.full_name}": field.custom_field().mapping for field in FIELDS}
    mappings = current_search_client.indices.get_mapping(index=",".join(_indices()))
    present = [
        index["mappings"].get("properties", {}).get("custom_fields", {}).get("properties", {})
        for index in mappings.values()
    ]
    complete = {name for name in wanted if all(name.partition(".")[2] in fields for fields in present)}
    return {name: mapping for name, mapping in wanted.items() if name not in complete}


def map_custom_fields() -> list[str]:
    """Add the fields to the mapping of records and drafts where they are missing; their names.

    Raises
    ------
    ConfigurationError
        Records were indexed with them before they were mapped.
    """
    lacking = _unmapped()
    if not lacking:
        return []
    try:
        current_search_client.indices.put_mapping(index=",".join(_indices()), body={"properties": lacking})
    except search.RequestError as error:
        raise ConfigurationError(
            f"The search index refused the fields: {error.info['error']['reason']}",
            remedy="records were indexed before the set-up: recreate the indices and rebuild them, then try again",
        ) from error
    return sorted(name.partition(".")[2] for name in lacking)


def strip_records() -> int:
    """Take the fields ``obscore:*`` out of all records and drafts, so that these are valid without the module."""
    service = current_rdm_records_service
    count = 0
    for cls, indexer in ((service.record_cls, service.indexer), (service.draft_cls, service.draft_indexer)):
        for uuid in _carrying(cls.model_cls):
            record = cls.get_record(uuid, with_deleted=True)
            with UnitOfWork(db.session) as uow:
                record.custom_fields = strip(record.custom_fields)
                uow.register(RecordCommitOp(record, indexer=indexer))
                uow.commit()
            count += 1
    return count


def _carrying(model: Any) -> list[Any]:  # noqa: ANN401
    carries = cast(model.json["custom_fields"], Text).contains(f'"{NAMESPACE}:')
    found = list(db.session.scalars(select(model.id).where(carries)))
    db.session.rollback()
    return found


def drop_tables() -> None:
    """Downgrade the module's Alembic branch to its base."""
    db.session.remove()
    current_app.extensions["invenio-db"].alembic.downgrade("invenio_obscore@base")
