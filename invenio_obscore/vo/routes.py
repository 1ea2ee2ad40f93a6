"""The VO's addresses as one blueprint: ``/vo/tap`` and ``/vo/did`` inside InvenioRDM, ``/tap`` and ``/did`` outside."""

from __future__ import annotations

from flask import Blueprint, Flask

from . import did, http, tap
from .application import job_service, tap_service

#: Name of the blueprint; the module's extension exempts it from CSRF tokens and guests' limits.
NAME = "invenio_obscore_vo"


def create_blueprint(app: Flask) -> Blueprint:
    """Return the blueprint for InvenioRDM's UI application (entry point ``invenio_base.blueprints``)."""
    return _blueprint(app, url_prefix="/vo")


def create_root_blueprint(app: Flask) -> Blueprint:
    """Return the blueprint for an application that serves nothing else."""
    return _blueprint(app, url_prefix="")


def _blueprint(app: Flask, *, url_prefix: str) -> Blueprint:
    service = tap_service(app)
    jobs = job_service(app)
    blueprint = Blueprint(NAME, __name__, url_prefix=url_prefix or None, template_folder="templates")
    http.prepare(blueprint, max_bytes=service.settings.max_request_bytes)
    tap.add_routes(blueprint, service, jobs, url_prefix)
    did.add_routes(blueprint, service)
    return blueprint
