"""DOIs through InvenioRDM's own DataCite provider, at a configurable address and with our metadata.

InvenioRDM decides when a DOI is made, registered, updated or hidden; a record with restricted metadata gets none. What
DataCite does not take (it is down, slow, refuses, or answers nonsense) waits in :mod:`.doi_backlog`; nobody's
publication fails for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from celery import shared_task
from datacite import DataCiteRESTClient
from datacite.errors import DataCiteError, DataCiteNotFoundError, HttpError
from flask import Flask, current_app
from invenio_pidstore.models import PIDStatus
from invenio_rdm_records.services.pids import providers
from invenio_rdm_records.utils import ChainObject

from . import doi_backlog
from .datacite import ObsCoreDataCiteUpdateSerializer
from .doi_backlog import Sent

#: What a bad day of DataCite looks like: a refusal, no connection, an answer that is no JSON or lacks its parts.
_FAILURES = (DataCiteError, HttpError, ValueError, KeyError)


class ConfigurableDataCiteClient(providers.DataCiteClient):
    """InvenioRDM's client; ``DATACITE_API_URL`` may name another server (a stand-in, a proxy)."""

    @property
    def api(self) -> DataCiteRESTClient:
        """The REST client; made once."""
        made: DataCiteRESTClient | None = self.__dict__.get("_api")
        if made is None:
            self.check_credentials()
            url = current_app.config["DATACITE_API_URL"]
            made = self._api = DataCiteRESTClient(
                self.cfg("username"),
                self.cfg("password"),
                self.cfg("prefix"),
                # The client ignores an address in test mode.
                test_mode=bool(self.cfg("test_mode", True)) and not url,
                url=url or None,
                timeout=current_app.config["DATACITE_TIMEOUT"],
            )
        return made


class PatientDataCiteProvider(providers.DataCitePIDProvider):
    """InvenioRDM's provider; what DataCite does not take is tried again until it does."""

    def register(self, pid: Any, record: Any, **kwargs: Any) -> bool:  # noqa: ANN401
        """Register a DOI; one that DataCite has already (an answer of it got lost) is updated instead."""
        if _is_restricted(record) or not providers.PIDProvider.register(self, pid):
            return False
        document, url = self.serializer.dump_obj(record), kwargs["url"]
        return self._tell(pid.pid_value, lambda: self._create(pid.pid_value, document, url), Sent.of(record))

    def _create(self, doi: str, document: dict[str, Any], url: str) -> None:
        try:
            self.client.api.public_doi(metadata=dict(document), url=url, doi=doi)
        except DataCiteError as error:
            if "already been taken" not in str(error):
                raise
            self._change(doi, document, url)

    def _change(self, doi: str, document: dict[str, Any], url: str | None) -> None:
        # "publish" makes a DOI findable that was hidden before.
        self.client.api.update_doi(metadata={**document, "event": "publish"}, doi=doi, url=url)

    def update(self, pid: Any, record: Any, url: str | None = None, **kwargs: Any) -> bool:  # noqa: ANN401
        """Send what the record says now, or hide the DOI of a record that is restricted now."""
        if _is_restricted(record):
            return self.hide(pid)
        document = self.serializer.dump_obj(record)
        told = self._tell(pid.pid_value, lambda: self._change(pid.pid_value, document, url), Sent.of(record))
        return bool(pid.sync_status(PIDStatus.REGISTERED)) if told and pid.is_deleted() else told

    def delete(self, pid: Any, **kwargs: Any) -> bool:  # noqa: ANN401
        """Hide a registered DOI (the tombstone keeps it), remove one that was only reserved."""
        if pid.is_registered():
            self.hide(pid)
        elif pid.is_reserved():
            self._tell(pid.pid_value, lambda: self._remove(pid.pid_value))
        return bool(providers.PIDProvider.delete(self, pid, **kwargs))

    def _remove(self, doi: str) -> None:
        try:
            self.client.api.delete_doi(doi)
        except DataCiteNotFoundError:
            return  # reserved here only: DataCite never heard of it

    def restore(self, pid: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Make a hidden DOI findable again."""
        self._tell(pid.pid_value, lambda: self.client.api.show_doi(pid.pid_value))

    def hide(self, pid: Any) -> bool:  # noqa: ANN401
        """Take a DOI out of DataCite's search; it goes on resolving."""
        return self._tell(pid.pid_value, lambda: self._hide(pid.pid_value))

    def _hide(self, doi: str) -> None:
        try:
            self.client.api.hide_doi(doi)
        except DataCiteNotFoundError:
            return  # never registered: there is nothing to hide

    def _tell(self, doi: str, action: Callable[[], object], sent: Sent | None = None) -> bool:
        """Call DataCite; whether it took it. The backlog changes with the transaction under way."""
        try:
            action()
        except _FAILURES as error:
            doi_backlog.failed(doi, reason(error))
            return False
        doi_backlog.done(doi, sent)
        return True


def reason(error: Exception) -> str:
    """What DataCite said, in one line for the operator."""
    if isinstance(error, HttpError):
        return f"no answer: {error.args[0] if error.args else error}"
    text = str(error.args[0]) if error.args else ""
    if not isinstance(error, DataCiteError):
        return f"an answer that makes no sense: {text}"
    try:
        entries = json.loads(text)["errors"]
    except (ValueError, KeyError, TypeError):
        return f"refused: {text.strip() or type(error).__name__}"
    said = (
        (f"{entry.get('source', '')}: " if entry.get("source") else "") + entry.get("title", "") for entry in entries
    )
    return f"refused: {'; '.join(said)}"


def _is_restricted(record: Any) -> bool:  # noqa: ANN401
    child = record._child if isinstance(record, ChainObject) else record
    return bool(child["access"]["record"] == "restricted")


@shared_task(ignore_result=True)
def retry_dois() -> None:
    """Try what is due."""
    doi_backlog.retry()


def configure(app: Flask) -> None:
    """Put our client and serializer into the DataCite providers, where they are InvenioRDM's own.

    A provider of the operator's (another class) stays as it is.
    """
    from invenio_rdm_records import config as defaults

    for key, is_parent in (
        ("RDM_PERSISTENT_IDENTIFIER_PROVIDERS", False),
        ("RDM_PARENT_PERSISTENT_IDENTIFIER_PROVIDERS", True),
    ):
        present = app.config.get(key) or getattr(defaults, key)
        app.config[key] = [_replaced(provider, is_parent) for provider in present]


def _replaced(provider: Any, is_parent: bool) -> Any:  # noqa: ANN401
    """The provider, or ours in its place where it is InvenioRDM's unchanged DataCite provider."""
    if type(provider) is not providers.DataCitePIDProvider or type(provider.client) is not providers.DataCiteClient:
        return provider
    client = provider.client
    return PatientDataCiteProvider(
        provider.name,
        client=ConfigurableDataCiteClient(client.name, client._config_prefix, client._config_overrides),
        serializer=ObsCoreDataCiteUpdateSerializer(is_parent=is_parent),
        pid_type=provider.pid_type,
        default_status=provider.default_status,
        label=provider.label,
    )
