"""``invenio obscore …``: what an operator does with the module."""

from __future__ import annotations

import sys
from typing import Any
from uuid import UUID

import click
from flask.cli import with_appcontext

from ..errors import ObsCoreError
from .catalogues.commands import deposit


@click.group()
def obscore() -> None:
    """Publish FITS files of records in the Virtual Observatory."""


@obscore.command()
@click.option("--print-sql", is_flag=True, help="Print the SQL for a database administrator and change nothing.")
@click.option("--database/--no-database", default=True, help="Without: an administrator ran the printed SQL.")
@click.option("--search/--no-search", default=True, help="Map the fields obscore:* in the search indices as well.")
@with_appcontext
def setup(print_sql: bool, database: bool, search: bool) -> None:
    """Make schemas, tables, functions, roles and TAP_SCHEMA; doing it again changes nothing."""
    from . import checks, installation, oai_pmh, permissions, statistics

    if print_sql:
        for statement in installation.administrators_sql():
            click.echo(f"{statement.rstrip().rstrip(';')};\n")
        return
    try:
        if database:
            click.echo(f"Database: {installation.set_up_database()} statements, everything is there.")
        if search:
            added = installation.map_custom_fields()
            click.echo(f"Search: {', '.join(added) or 'nothing'} added to the mapping of records and drafts.")
            statistics.put_templates()
            sets = oai_pmh.ensure_product_type_sets()
            click.echo(f"OAI-PMH: {len(sets)} set(s) made.")
        if database and checks.set_up():
            click.echo("Checks: “Observation metadata” is made for all records; it blocks nothing (severity I).")
        if database and (role := permissions.ensure_role()):
            click.echo(f"Roles: {role} may curate all deposits.")
    except ObsCoreError as error:
        raise click.ClickException(str(error)) from error


@obscore.command()
@click.option("--drift/--no-drift", default=True, help="Compare every record with its rows (takes a while).")
@click.option("--failures", "most", default=20, show_default=True, help="How many failed files to name.")
@with_appcontext
def status(drift: bool, most: int) -> None:
    """Show the queue, failed files and drift; exit status 1 where something needs attention."""
    from . import status as report

    lines, attention = report.overview(most_failures=most)
    for line in lines:
        click.echo(line)
    if drift and report.is_installed():
        found = report.count_drift()
        click.echo(f"drift      {found} record(s)" + (": run `invenio obscore reconcile`" if found else ""))
        attention = attention or bool(found)
    sys.exit(1 if attention else 0)


@obscore.command()
@click.option("--backfill", is_flag=True, help="Also read the files of records published before the module came.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@with_appcontext
def reconcile(backfill: bool, dry_run: bool) -> None:
    """Find and mend what differs between records and rows; exit status 1 where a record could not be mended."""
    from . import reconciliation

    records = errors = 0
    for finding in reconciliation.reconcile(backfill=backfill, dry_run=dry_run):
        records += 1
        errors += bool(finding.error)
        click.echo(_describe(finding), err=bool(finding.error))
    verb = "would be mended" if dry_run else "mended"
    click.echo(f"{records - errors} record(s) {verb}, {errors} with errors.")
    sys.exit(1 if errors else 0)


def _describe(finding: Any) -> str:  # noqa: ANN401 - a reconciliation.Finding
    if finding.error:
        return f"{finding.record}: {finding.error}"
    rows = finding.rows
    parts = (
        (rows.inserted, f"{rows.inserted} row(s) were missing"),
        (rows.updated, f"{rows.updated} row(s) were wrong"),
        (rows.deleted, f"{rows.deleted} row(s) were too many"),
        (
            rows.refused,
            f"{len(rows.refused)} row(s) PostgreSQL refuses: {'; '.join(sorted(set(rows.refused.values())))}",
        ),
        (finding.fields, f"search fields were wrong in {', '.join(finding.fields)}"),
        (finding.queued, f"{finding.queued} file(s) are to be read"),
    )
    return f"{finding.record}: " + ", ".join(text for count, text in parts if count)


@obscore.command()
@click.argument("file_ids", nargs=-1, type=click.UUID)
@with_appcontext
def retry(file_ids: tuple[UUID, ...]) -> None:
    """Read failed files again (all, or FILE_IDS as `status` names them), once the cause is mended."""
    from . import queue

    click.echo(f"{len(queue.retry(file_ids))} file(s) are read again.")


@obscore.command()
@click.argument("recids", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@with_appcontext
def reextract(recids: tuple[str, ...], dry_run: bool) -> None:
    """Take over what a newer extractor says of published files (of all records, or of RECIDS)."""
    from . import reconciliation

    products = 0
    for difference in reconciliation.reextract(recids=recids, dry_run=dry_run):
        products += 1
        click.echo(f"{difference.recid} {difference.file_key}  {difference.obs_publisher_did}")
        for column, (old, new) in difference.columns.items():
            click.echo(f"    {column}: {_cell(old)} -> {_cell(new)}")
    click.echo(f"{products} product(s) {'would change' if dry_run else 'changed'}.")


def _cell(value: Any) -> str:  # noqa: ANN401
    return "(empty)" if value is None else str(value)


@obscore.command()
@click.option("--rebuild", is_flag=True, help="Look at every record again, not only at those that changed.")
@with_appcontext
def registry(rebuild: bool) -> None:
    """Bring the publishing registry (/vo/oai) up to date now; beat does it every some seconds."""
    from . import registry_update

    changed = registry_update.rebuild() if rebuild else registry_update.update()
    click.echo(f"{changed} collection(s) changed.")


@obscore.command()
@click.option(
    "--tables", is_flag=True, help="Also drop the module's tables: corrections and mappings are lost for ever."
)
@click.option("--yes-i-know", is_flag=True, help="Do not ask.")
@with_appcontext
def uninstall(tables: bool, yes_i_know: bool) -> None:
    """Remove rows, schemas, roles and the fields obscore:* of records; the records stay valid."""
    from . import installation

    if not yes_i_know:
        click.confirm("Remove everything that the Virtual Observatory sees of this repository?", abort=True)
    records = installation.strip_records()
    click.echo(f"Records: the fields obscore:* were taken out of {records} record(s) and draft(s).")
    count = installation.tear_down_database()
    click.echo(f"Database: {count} statements, the published schemas are gone.")
    if tables:
        installation.drop_tables()
        click.echo("Database: the module's tables are gone.")
    click.echo("Now remove the package (pip uninstall invenio-obscore) and its lines in invenio.cfg, and restart.")


obscore.add_command(deposit)
