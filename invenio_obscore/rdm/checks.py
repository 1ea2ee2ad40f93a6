"""A check for invenio-checks (entry point ``invenio_checks.check_types``): what clients of the VO would miss.

It reads tables and never a file, so it may run with each saving of a draft. Depositors see its findings in the form
as they are at that moment (`of_draft`), reviewers of a community in the request, from the runs that are kept
(`run_again`). Whether what breaks the standard keeps a record from being published is the operator's choice: the
severity of the check's configuration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from flask import current_app
from flask_principal import Identity
from invenio_checks.api import ChecksAPI
from invenio_checks.base import Check
from invenio_checks.models import CheckConfig, CheckRun, Severity
from invenio_db import db
from invenio_db.uow import UnitOfWork
from invenio_i18n import gettext as _
from invenio_i18n import lazy_gettext
from invenio_rdm_records.proxies import current_rdm_records_service
from sqlalchemy import Text, cast, func, select, text, tuple_
from sqlalchemy.exc import NoResultFound

from . import access, products, queue, verification
from .extractions import Key, parsed
from .models import ObsCoreExtracted, ObsCoreOverlay, Stage, Status
from .products import keys_of
from .stored_files import count_by_status, list_files
from .wording import in_words

#: Seconds that a check lays corrections over products; a task does the rest, and runs the check again.
_PATIENCE = 1.0
#: Products that are in memory at once.
_AT_ONCE = 500
#: Problems that say that a value breaks the standard.
_AGAINST = frozenset({"against-standard"})
#: Where the deposit form shows the findings.
_FIELD = "files.obscore"
_UNREAD = (None, Status.QUEUED, Status.RUNNING)


@dataclass
class Finding:
    """One kind of problem, and how many products have it; ``name`` is made of its column and code."""

    name: str
    message: str
    products: int
    breaks: bool


@dataclass
class Summary:
    """What was found in the files of a draft or record; ``correcting`` says that not all corrections are looked at."""

    products: int = 0
    failed: int = 0
    waiting: int = 0
    correcting: bool = False
    findings: list[Finding] = field(default_factory=list)


@dataclass
class CheckResult:
    """What invenio-checks keeps of a run."""

    id: str
    title: str
    description: str
    errors: list[dict[str, Any]] = field(default_factory=list)
    sync: bool = True
    success: bool = True

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


class ObsCoreCheck(Check):
    """Says before publication what a client of the Virtual Observatory would miss."""

    id = "obscore"
    title = lazy_gettext("Observation metadata")
    description = lazy_gettext("What clients of the Virtual Observatory would miss in the data products.")
    sort_order = 30

    def validate_config(self, config: Any) -> bool:  # noqa: ANN401 - invenio-checks' own
        """There is nothing to configure but the severity."""
        return True

    def run(self, record: Any, config: CheckConfig) -> CheckResult:  # noqa: ANN401 - a draft or record
        """Check the products of a draft or record."""
        found = summarise(record.id, Stage.DRAFT if record.is_draft else Stage.PUBLISHED)
        result = CheckResult(self.id, str(self.title), str(self.description))
        result.errors = _errors(found, config.severity)
        result.success = not any(error["severity"] == "error" for error in result.errors)
        if found.waiting and record.is_draft:
            queue.send_check(record.id)  # a file that is read before this run is kept finds none to renew
        return result


def of_draft(identity: Identity, recid: str) -> list[dict[str, Any]]:
    """What the check would say of a draft as it is now, whether the operator has switched checks on or not.

    Raises
    ------
    PermissionDeniedError
        The identity may not read the draft's files.
    """
    draft = access.draft_to_read(identity, recid)
    severities = db.session.scalars(
        select(CheckConfig.severity).filter_by(check_id=ObsCoreCheck.id, enabled=True)
    ).all()
    return _errors(summarise(draft.id, Stage.DRAFT), Severity.FAIL if Severity.FAIL in severities else Severity.INFO)


def run_again(draft_uuid: UUID) -> None:
    """Bring the runs that are kept of a draft up to date; commits.

    InvenioRDM runs checks when a form is saved or submitted; files are read, and values corrected, after that. While
    files of the draft are unread nothing is done: the last one that is read comes here, too.
    """
    if not current_app.config.get("CHECKS_ENABLED"):
        return
    kept = select(CheckConfig).join(CheckRun, CheckRun.config_id == CheckConfig.id)
    kept = kept.where(CheckConfig.check_id == ObsCoreCheck.id, CheckRun.record_id == draft_uuid, CheckRun.is_draft)
    configs = db.session.scalars(kept).unique().all()
    if not configs or any(count_by_status(draft_uuid, Stage.DRAFT).get(status) for status in _UNREAD):
        return
    try:
        draft = current_rdm_records_service.draft_cls.get_record(draft_uuid)
    except NoResultFound:
        return  # discarded or published meanwhile
    with UnitOfWork(db.session) as uow:
        for config in configs:
            ChecksAPI.run_check(config, draft, uow)
        uow.commit()


def set_up() -> bool:
    """Make the check's configuration where the operator has switched checks on, and commit; whether it was made."""
    made = bool(current_app.config.get("CHECKS_ENABLED")) and ensure_config()
    db.session.commit()
    return made


def ensure_config(severity: Severity = Severity.INFO) -> bool:
    """Make the check's configuration for all records unless there is one, within the current transaction.

    Returns
    -------
    bool
        Whether it was made.
    """
    if db.session.scalar(select(CheckConfig.id).filter_by(check_id=ObsCoreCheck.id, community_id=None)):
        return False
    db.session.add(CheckConfig(check_id=ObsCoreCheck.id, community_id=None, params={}, severity=severity))
    return True


def summarise(record_uuid: UUID, stage: Stage) -> Summary:
    """What clients would miss, by kind of problem; what breaks the standard first, then what most products have."""
    files = list_files(record_uuid, stage)
    keys = keys_of(files, verification.head(record_uuid, stage).mapping)
    found = _counts(list(keys.values()))
    found.failed += sum(file.status is Status.FAILED for file in files)
    found.waiting = sum(file.status in _UNREAD for file in files)
    if stage is Stage.DRAFT:
        found.correcting = not products.lay_over(record_uuid, files, patience=_PATIENCE)
        documents = _corrected(record_uuid, list(keys.values()))
    else:
        decided = verification.current(record_uuid, stage)
        documents = (one for file in products.documents_of(files, decided) for one, _ in file.documents)
    found.findings = _findings(document["problems"] for document in documents)
    return found


def _counts(keys: Sequence[Key]) -> Summary:
    entry = ObsCoreExtracted
    if not keys:
        return Summary()
    counted = select(func.count().filter(~entry.failed), func.count().filter(entry.failed))
    found, failed = db.session.execute(counted.where(tuple_(entry.file_id, entry.key).in_(list(keys)))).one()
    return Summary(found, failed)


def _corrected(draft_uuid: UUID, keys: Sequence[Key]) -> Iterator[dict[str, Any]]:
    """Every product of a draft with its corrections, without holding them all at once."""
    if not keys:
        return
    entry, overlay = ObsCoreExtracted, ObsCoreOverlay
    # Statistics of what was written just now would lead to a plan that looks each overlay up by itself.
    db.session.execute(text("SET LOCAL enable_nestloop = off"))
    same = (overlay.file_id == entry.file_id) & (overlay.key == entry.key) & (overlay.number == entry.number)
    # As text: PostgreSQL's own functions refuse the odd characters that a header may hold.
    chosen = func.coalesce(cast(overlay.document, Text), cast(entry.document, Text))
    statement = (
        select(chosen)
        .select_from(entry)
        .outerjoin(overlay, same & (overlay.record_uuid == draft_uuid))
        .where(tuple_(entry.file_id, entry.key).in_(list(keys)), ~entry.failed)
        .order_by(entry.file_id, entry.key, entry.number)
        .execution_options(yield_per=_AT_ONCE)
    )
    yield from map(parsed, db.session.scalars(statement))


def _findings(every: Iterable[list[dict[str, Any]]]) -> list[Finding]:
    """One finding for each kind of problem, with the words of its first product."""
    counts: Counter[tuple[str, str]] = Counter()
    messages: dict[tuple[str, str], str] = {}
    for problems in every:
        kinds = {(each["code"], each.get("column", "")): each["message"] for each in problems}
        counts.update(kinds.keys())
        messages = kinds | messages
    found = [
        Finding("-".join(filter(None, (column, code))), in_words(messages[code, column]), products, code in _AGAINST)
        for (code, column), products in counts.items()
    ]
    return sorted(found, key=lambda finding: (not finding.breaks, -finding.products))


def _errors(found: Summary, severity: Severity) -> list[dict[str, Any]]:
    errors = [_error(finding, found, severity) for finding in found.findings]
    if found.failed:
        words = _("%(count)s files or members could not be read: no data product is made of them.", count=found.failed)
        errors.append(_described("unread", words, "info"))
    if found.waiting:
        errors.append(_described("waiting", _("%(count)s files are still being read.", count=found.waiting), "info"))
    if found.correcting:
        words = _("Corrections of many products are still being worked in: check again in a minute.")
        errors.append(_described("correcting", words, _severity(severity)))
    return errors


def _severity(configured: Severity) -> str:
    """Whether what breaks the standard, or may do so, keeps a record from being published."""
    return "error" if configured == Severity.FAIL else "info"


def _error(finding: Finding, found: Summary, configured: Severity) -> dict[str, Any]:
    count = _("%(count)s of %(total)s data products", count=finding.products, total=found.products)
    if not finding.breaks:
        return _described(finding.name, _("%(count)s: %(what)s", count=count, what=finding.message), "info")
    severity = _severity(configured)
    words = _("%(count)s, against the standard: %(what)s", count=count, what=finding.message)
    return _described(finding.name, words, severity)


def _described(name: str, message: str, severity: str) -> dict[str, Any]:
    description = _("Values can be completed below “Observation metadata (ObsCore)”.")
    field = f"{_FIELD}.{name.replace('.', '-')}"
    return {"field": field, "messages": [message[:500]], "description": description, "severity": severity}
