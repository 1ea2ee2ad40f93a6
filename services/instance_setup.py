"""Steps that need the installed InvenioRDM: run by the instance's own Python, each in one process.

``python -m services.instance_setup database|assets|versions``
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from importlib.metadata import distributions, entry_points
from pathlib import Path
from typing import Any

from services import environment
from services.layout import ROOT, SERVICES, VAR, password

SITE = os.environ.get("OBSCORE_SITE", "demo")
INSTANCE = Path(os.environ.get("INVENIO_INSTANCE_PATH", VAR / "instance"))
PROJECT = INSTANCE / "assets"
BUILT = INSTANCE / ".assets-built"
ACCOUNTS = ("admin@example.org", "researcher@example.org")
ADMIN_ACTIONS = ("superuser-access", "administration-access")
TOKEN_SCOPES = ["user:email"]
OVERRIDES = ("custom_fields", "search")
"""Folders that the build reads the instance's own React templates from; they must be there, and may be empty."""


def _say(message: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {message}", flush=True)


def _application(**settings: Any) -> Any:  # noqa: ANN401 - Flask is not typed for this folder's readers
    from invenio_app.factory import create_app

    passwords = {email: password(email) for email in ACCOUNTS}
    return create_app(RDM_RECORDS_USER_FIXTURE_PASSWORDS=passwords, **settings)


def _invoke(app: Any, *commands: Sequence[str]) -> None:  # noqa: ANN401
    """Run ``invenio`` commands one after the other in this process; a failing one ends it."""
    from flask.cli import ScriptInfo
    from invenio_app.cli import cli

    for command in commands:
        _say(f"invenio {' '.join(command)}")
        try:
            cli.main(list(command), standalone_mode=False, obj=ScriptInfo(create_app=lambda: app))
        except SystemExit as ended:  # some commands end with exit(0) when there is nothing to do
            if ended.code:
                raise


def _has_command(name: str) -> bool:
    return any(point.name == name for point in entry_points(group="flask.commands"))


def database() -> None:
    """Make tables, indices, custom fields, vocabularies, accounts, token and the module's own schema; idempotent."""
    app = _application(CELERY_TASK_ALWAYS_EAGER=True, CELERY_TASK_EAGER_PROPAGATES=True)
    with app.app_context():
        complete = _is_complete()
        if complete:
            _invoke(app, ["alembic", "upgrade"])
        else:
            _make_tables_and_indices(app)
        if _has_command("obscore"):
            _invoke(app, ["obscore", "setup"])
        if not complete:
            _fill(app)
        _write_token()


def _is_complete() -> bool:
    """Tell whether an earlier set-up reached its end: the accounts come last."""
    from invenio_accounts.models import User
    from invenio_db import db
    from sqlalchemy import inspect

    has_tables = inspect(db.engine).has_table(User.__tablename__)
    return has_tables and User.query.filter_by(email=ACCOUNTS[-1]).count() == 1


def _make_tables_and_indices(app: Any) -> None:  # noqa: ANN401
    """Make what an InvenioRDM instance starts from; what an interrupted set-up left is taken over or made again."""
    from invenio_accounts.proxies import current_datastore
    from invenio_files_rest.models import Location

    _clear_search(app)
    _invoke(app, ["db", "create"])
    if Location.get_default() is None:
        _invoke(app, ["files", "location", "create", "--default", "default", (INSTANCE / "data").as_uri()])
    if current_datastore.find_role("admin") is None:
        _invoke(app, ["roles", "create", "admin"])
        _invoke(app, *(["access", "allow", action, "role", "admin"] for action in ADMIN_ACTIONS))
    _invoke(app, ["index", "init"], ["rdm-records", "custom-fields", "init"], ["communities", "custom-fields", "init"])


def _clear_search(app: Any) -> None:  # noqa: ANN401
    """Remove indices of an earlier instance of ours: a fresh database must not meet them."""
    from invenio_search import current_search_client

    prefix = app.config["SEARCH_INDEX_PREFIX"]
    current_search_client.indices.delete(index=f"{prefix}*", ignore=[404])
    current_search_client.indices.delete_index_template(name=f"{prefix}*", ignore=[404])
    current_search_client.indices.delete_template(name=f"{prefix}*", ignore=[404])


def _fill(app: Any) -> None:  # noqa: ANN401
    _invoke(app, ["queues", "declare"], ["rdm", "fixtures"], ["rdm-records", "fixtures"])
    _refresh(app)


def _refresh(app: Any) -> None:  # noqa: ANN401
    from invenio_search import current_search_client

    current_search_client.indices.refresh(index=f"{app.config['SEARCH_INDEX_PREFIX']}*")


def _write_token() -> None:
    """Make the researcher's personal access token once, as the page "Applications" would."""
    from invenio_accounts.proxies import current_datastore
    from invenio_db import db
    from invenio_oauth2server.models import Token

    target = SERVICES / ("token-researcher" if SITE == "demo" else f"token-researcher-{SITE}")
    user = current_datastore.get_user("researcher@example.org")
    known = target.read_text() if target.exists() else ""
    if any(token.access_token == known for token in Token.query.filter_by(user_id=user.id)):
        return
    token = Token.create_personal("demo", user.id, scopes=TOKEN_SCOPES, is_internal=False)
    db.session.commit()
    target.touch(mode=0o600)
    target.write_text(token.access_token)


def _fingerprint_of_assets() -> str:
    """Hash what the built pages depend on: installed packages, our assets, templates and configuration."""
    digest = hashlib.sha256()
    for name in sorted(f"{d.metadata['Name']} {d.version}" for d in distributions()):
        digest.update(name.encode())
    sources = [ROOT / "invenio.cfg", *sorted((ROOT / "assets").rglob("*"))]
    for folder in (ROOT / "invenio_obscore" / "ui", ROOT / "invenio_obscore" / "assets"):
        sources += sorted(path for path in folder.rglob("*") if path.suffix != ".pyc")
    for path in sources:
        if path.is_file():
            digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def assets() -> None:
    """Build the user interface with rspack from the locked packages, unless nothing changed."""
    current = _fingerprint_of_assets()
    if BUILT.exists() and BUILT.read_text() == current:
        _say("the built pages are current")
        return
    from flask_webpackext.proxies import current_webpack

    app = _application()
    with app.app_context():
        _invoke(app, ["collect"])
        _say("webpack create")
        current_webpack.project.create()
        shutil.copytree(ROOT / "assets", PROJECT, dirs_exist_ok=True)
        for folder in OVERRIDES:
            (PROJECT / "templates" / folder).mkdir(parents=True, exist_ok=True)
        _install(current_webpack.project)
        _say("rspack build")
        current_webpack.project.build()
        _say("built")
    BUILT.write_text(current)


def _install(project: Any) -> None:  # noqa: ANN401
    """Install the locked packages; ``OBSCORE_UPDATE_PNPM_LOCK=1`` writes a new lock file into the repository."""
    _say("pnpm install")
    if os.environ.get("OBSCORE_UPDATE_PNPM_LOCK"):
        os.environ["npm_config_frozen_lockfile"] = "false"  # noqa: SIM112 - npm's own; arguments do not reach pnpm
        project.install()
        shutil.copy(PROJECT / "pnpm-lock.yaml", ROOT / "assets" / "pnpm-lock.yaml")
    else:
        project.install()  # frozen, since CI is set (services/instance.py)


def versions() -> None:
    """Print the versions that matter, as JSON."""
    names = ("invenio-app-rdm", "invenio-obscore", "astropy", "datacite", "pyvo")
    print(json.dumps({d.metadata["Name"]: d.version for d in distributions() if d.metadata["Name"] in names}))


STEPS = {"database": database, "assets": assets, "versions": versions}


def main(arguments: Sequence[str]) -> int:
    """Run the named steps."""
    os.environ.update({name: value for name, value in environment.read(SITE).items() if name not in os.environ})
    os.environ.setdefault("INVENIO_INSTANCE_PATH", str(INSTANCE))
    for argument in arguments:
        STEPS[argument]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
