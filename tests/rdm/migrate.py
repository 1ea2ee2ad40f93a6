"""Run in a process of its own: migrates a database as an operator would, and prints what is there after each step."""

from __future__ import annotations

import json
from typing import Any

from invenio_app.factory import create_app

BRANCH = "invenio_obscore"


def _tables(db: Any) -> list[str]:
    from sqlalchemy import inspect

    return sorted(name for name in inspect(db.engine).get_table_names() if name.startswith("obscore_"))


def main() -> None:
    """A database made without the module, the module's branch up, down and up again."""
    with create_app().app_context():
        from flask import current_app
        from invenio_db import db

        alembic = current_app.extensions["invenio-db"].alembic
        others = [head for head in alembic.script_directory.get_heads() if head not in _ours(alembic)]
        for head in others:
            # A list, since flask-alembic takes a text of digits for a number of steps.
            alembic.upgrade([head])
        report: dict[str, Any] = {"without": _tables(db)}
        alembic.upgrade()
        report["up"] = _tables(db)
        report["drift"] = [str(change) for change in alembic.compare_metadata() if "obscore_" in str(change)]
        alembic.downgrade(f"{BRANCH}@base")
        report["down"] = _tables(db)
        alembic.upgrade()
        report["again"] = _tables(db)
    print("REPORT " + json.dumps(report))


def _ours(alembic: Any) -> set[str]:
    return {revision.revision for revision in alembic.script_directory.iterate_revisions(f"{BRANCH}@head", "base")}


if __name__ == "__main__":
    main()
