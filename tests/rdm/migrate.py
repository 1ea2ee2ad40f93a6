"""Run in a process of its own: migrates a database as an operator would, and prints what is there after each step."""

from __future__ import annotations

import json
from typing import Any

from invenio_app.factory import create_app

BRANCH = "invenio_obscore"
#: The last revision that kept a published row as one document, and all corrections of a draft as one.
DOCUMENTS = "e81f5d3c6b27"
ROWS = 2500


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
        alembic.upgrade([DOCUMENTS])
        _fill(db)
        alembic.upgrade()
        report["up"] = _tables(db)
        report["cells"] = _read(
            db, "SELECT target_name, s_ra, s_xel1 FROM obscore_published ORDER BY obs_publisher_did"
        )
        report["corrections"] = _read(db, "SELECT file_key, product, cells FROM obscore_correction ORDER BY product")
        report["drift"] = [str(change) for change in alembic.compare_metadata() if "obscore_" in str(change)]
        alembic.downgrade([DOCUMENTS])
        report["gathered"] = _read(db, "SELECT corrections FROM obscore_verification")
        alembic.downgrade(f"{BRANCH}@base")
        report["down"] = _tables(db)
        alembic.upgrade()
        report["again"] = _tables(db)
    print("REPORT " + json.dumps(report))


def _fill(db: Any) -> None:
    """What an instance has that was used before there were rows of typed columns."""
    from sqlalchemy import text

    published = (
        "INSERT INTO obscore_published (record_uuid, obs_publisher_did, file_id, file_key, row, evidence) SELECT"
        " gen_random_uuid(), 'ivo://x?' || to_char(n, '00000'), gen_random_uuid(), 'a.fits',"
        " json_build_object('target_name', 'M ' || n, 's_ra', n / 8.0, 's_xel1', 5.0), '{}'"
        " FROM generate_series(1, :many) AS n"
    )
    odd = (
        "UPDATE obscore_published SET row = CAST(:row AS json)"
        " WHERE obs_publisher_did = 'ivo://x?' || to_char(1, '00000')"
    )
    decided = (
        "INSERT INTO obscore_verification (record_uuid, stage, mapping, corrections)"
        " VALUES (gen_random_uuid(), 'draft', '', CAST(:given AS json))"
    )
    given = {"a.zip": {f"{n:05}.fits#": {"obs_title": f"T {n}"} for n in range(ROWS)}, "b.fits": {"": {"s_ra": None}}}
    with db.engine.begin() as connection:
        connection.execute(text(published), {"many": ROWS})
        connection.execute(text(odd), {"row": json.dumps({"target_name": "\0M \ud800"})})
        connection.execute(text(decided), {"given": json.dumps(given)})


def _read(db: Any, statement: str) -> list[list[Any]]:
    from sqlalchemy import text

    with db.engine.connect() as connection:
        return [list(row) for row in connection.execute(text(statement))]


def _ours(alembic: Any) -> set[str]:
    return {revision.revision for revision in alembic.script_directory.iterate_revisions(f"{BRANCH}@head", "base")}


if __name__ == "__main__":
    main()
