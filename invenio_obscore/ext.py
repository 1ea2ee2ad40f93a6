"""The Flask extension: puts the module's parts into an InvenioRDM application.

What the operator configured is extended and never replaced; doing it twice changes nothing. Invenio sorts extensions in
no order, so nothing here relies on another one being initialised.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from operator import attrgetter
from typing import Any

from flask import Flask, Response, request

from . import config

#: Configuration list, where its default is, what we append (paths, so that importing this module loads nothing).
COMPONENT_LISTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "RDM_RECORDS_SERVICE_COMPONENTS",
        "invenio_rdm_records.services.components:DefaultRecordsComponents",
        (
            "invenio_obscore.rdm.files_component:ObsCoreDraftComponent",
            "invenio_obscore.rdm.components:PublicationComponent",
        ),
    ),
    (
        "RDM_DRAFT_FILES_SERVICE_COMPONENTS",
        "invenio_records_resources.services.files.config:FileServiceConfig.components",
        ("invenio_obscore.rdm.files_component:ObsCoreFilesComponent",),
    ),
    (
        "COMMUNITIES_SERVICE_COMPONENTS",
        "invenio_communities.communities.services.components:DefaultCommunityComponents",
        ("invenio_obscore.rdm.communities:CommunityComponent",),
    ),
    (
        "RDM_RECORD_COMMUNITIES_SERVICE_COMPONENTS",
        "",
        ("invenio_obscore.rdm.communities:RecordCommunitiesComponent",),
    ),
)

#: Configuration steps, each a function of the application.
STEPS: tuple[str, ...] = (
    "invenio_obscore.rdm.schedule:configure",
    "invenio_obscore.rdm.permissions:configure",
    "invenio_obscore.rdm.custom_fields:configure",
    "invenio_obscore.rdm.doi:configure",
    "invenio_obscore.rdm.datacite:configure",
    "invenio_obscore.rdm.exporters:configure",
    "invenio_obscore.rdm.jsonld:configure",
    "invenio_obscore.rdm.statistics:configure",
    "invenio_obscore.rdm.oai_pmh:configure",
    "invenio_obscore.rdm.oai_deleted:configure",
    "invenio_obscore.rdm.registry_update:configure",
    "invenio_obscore.ui:configure",
)


class InvenioObsCore:
    """Registers the module in an application (``invenio_base.apps`` and ``invenio_base.api_apps``)."""

    def __init__(self, app: Flask | None = None) -> None:
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Set defaults, extend InvenioRDM's configuration and register the extension."""
        self.init_config(app)
        for key, default, names in COMPONENT_LISTS:
            append(app, key, default, names)
        for step in STEPS:
            configure: Callable[[Flask], None] = load(step)
            configure(app)
        app.extensions["invenio-obscore"] = self

    @staticmethod
    def init_config(app: Flask) -> None:
        """Set every setting of :mod:`.config` that nobody has set."""
        for name in dir(config):
            if name.isupper():
                app.config.setdefault(name, getattr(config, name))


def load(path: str) -> Any:  # noqa: ANN401
    """The object at ``module:attribute.attribute``."""
    module, _, attribute = path.partition(":")
    return attrgetter(attribute)(import_module(module))


def append(app: Flask, key: str, default: str, names: tuple[str, ...]) -> None:
    """Append classes to a list in the configuration, each once, after what is there.

    Parameters
    ----------
    key
        Name of the setting.
    default
        Import path of what InvenioRDM takes where nobody has set it; empty where that is nothing.
    names
        Import paths of what to append.
    """
    present: list[Any] = list(app.config.get(key) or (load(default) if default else ()))
    present += [item for item in map(load, names) if item not in present]
    app.config[key] = present


#: The blueprint of the VO's protocols (:mod:`.vo.routes`).
VO_BLUEPRINT = "invenio_obscore_vo"


def finalize_app(app: Flask) -> None:
    """What must wait until all blueprints are there."""
    load("invenio_obscore.rdm.oai_deleted:finalize")(app)
    load("invenio_obscore.ui.negotiation:finalize")(app)
    _let_vo_clients_in(app)


def _let_vo_clients_in(app: Flask) -> None:
    """Take form posts without token, no throttling by guests' limits, no cookies (``/vo`` only).

    The clients send neither Referer nor cookies, and the blueprint reads no session.
    """
    blueprint = app.blueprints.get(VO_BLUEPRINT)
    if blueprint is None:
        return
    # Invenio's UI application has a middleware that only sets a token; its API application has one that asks for it.
    exempt = getattr(app.extensions.get("invenio-csrf"), "exempt", None)
    if exempt is not None:
        exempt(blueprint)
    limiter = getattr(app.extensions.get("invenio-app"), "limiter", None)
    if limiter is not None:
        for endpoint, view in app.view_functions.items():
            if endpoint.startswith(f"{VO_BLUEPRINT}."):
                limiter.exempt(view)
    # Functions that were registered first run last: this one sees what all others did to the response.
    app.after_request_funcs.setdefault(None, []).insert(0, _without_cookies)


def _without_cookies(response: Response) -> Response:
    if request.blueprint == VO_BLUEPRINT or request.path.startswith("/vo/"):
        response.headers.pop("Set-Cookie", None)
    return response
