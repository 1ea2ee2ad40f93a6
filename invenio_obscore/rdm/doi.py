"""DOIs through InvenioRDM's own DataCite provider, at a configurable address and with our metadata.

InvenioRDM decides when a DOI is made, registered, updated or hidden; a record with restricted metadata gets none.
"""

from __future__ import annotations

from typing import Any

from datacite import DataCiteRESTClient
from flask import Flask, current_app
from invenio_rdm_records.services.pids import providers

from .datacite import ObsCoreDataCiteUpdateSerializer


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
    return providers.DataCitePIDProvider(
        provider.name,
        client=ConfigurableDataCiteClient(client.name, client._config_prefix, client._config_overrides),
        serializer=ObsCoreDataCiteUpdateSerializer(is_parent=is_parent),
        pid_type=provider.pid_type,
        default_status=provider.default_status,
        label=provider.label,
    )
