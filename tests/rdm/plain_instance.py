"""What an application has that is made of an ``invenio.cfg`` alone, as JSON: run in a process of its own.

``python plain_instance.py <instance folder>``
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def main(folder: str) -> None:
    """Make the application as ``invenio`` does, and print what is in it."""
    os.environ["INVENIO_INSTANCE_PATH"] = folder
    from instance import applications
    from invenio_app.factory import create_app

    pages, api = applications(create_app())
    with pages.test_request_context():
        found = {**_of_pages(pages), **_of_api(api)}
    print(json.dumps(found))


def _of_pages(app: Any) -> dict[str, Any]:
    from flask_webpackext.proxies import current_webpack

    templates = [app.config[f"APP_RDM_{name}_TEMPLATE"] for name in ("DEPOSIT_FORM", "RECORD_LANDING_PAGE")]
    project = current_webpack.project
    sources = {path for bundle in project.bundles for path in _files(bundle.path)}
    return {
        "templates": {name: app.jinja_env.get_or_select_template(name).filename for name in templates},
        "entries": {
            name: any(path.endswith(script.removeprefix(".")) for path in sources)
            for bundle in project.bundles
            for name, script in bundle.entry.items()
            if name.startswith("invenio-obscore")
        },
        "previewers": [name for name in app.config["PREVIEWER_PREFERENCE"] if name.startswith("obscore")],
        "pages": sorted({rule.rule for rule in app.url_map.iter_rules()}),
    }


def _of_api(app: Any) -> dict[str, Any]:
    from invenio_checks.proxies import current_checks_registry

    components = app.config["RDM_DRAFT_FILES_SERVICE_COMPONENTS"]
    with app.app_context():
        checks = sorted(current_checks_registry.get_all())
    return {
        "addresses": sorted({rule.rule for rule in app.url_map.iter_rules() if "/obscore" in rule.rule}),
        "components": [component.__name__ for component in components],
        "checks": checks,
        "settings": {name: app.config[name] for name in ("OBSCORE_AUTHORITY", "OBSCORE_DEFAULT_COLLECTION")},
    }


def _files(folder: str) -> list[str]:
    return [os.path.join(root, name) for root, _, names in os.walk(folder) for name in names]


if __name__ == "__main__":
    main(sys.argv[1])
