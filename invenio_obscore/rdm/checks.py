"""A check for invenio-checks (entry point ``invenio_checks.check_types``): what clients of the VO would miss.

It reads tables and never a file, so it may run with each saving of a draft. Depositors see its findings in the form,
reviewers of a community in the request. Whether what breaks the standard keeps a record from being published is the
operator's choice: the severity of the check's configuration.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from flask import current_app
from invenio_checks.base import Check
from invenio_checks.models import CheckConfig, Severity
from invenio_db import db
from invenio_i18n import gettext as _
from invenio_i18n import lazy_gettext
from sqlalchemy import func, select, tuple_

from ..errors import ColumnError
from ..extraction import Problem, Product
from ..obscore.columns import SYSTEM_COLUMNS
from ..pipeline import correct
from . import verification
from .extractions import Key
from .models import ObsCoreExtracted, Stage, Status
from .products import keys_of
from .stored_files import list_files

#: The worst products of a record that a check looks at; the rest counts as "and more".
MOST = 500
#: Problems that say that a value breaks the standard.
_AGAINST = frozenset({"against-standard"})
#: Where the deposit form shows the findings.
_FIELD = "files.obscore"


@dataclass
class Finding:
    """One kind of problem, and how many products have it; ``name`` is made of its column and code."""

    name: str
    message: str
    products: int
    breaks: bool


@dataclass
class Summary:
    """What was found in the files of a draft or record."""

    products: int = 0
    failed: int = 0
    waiting: int = 0
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
        result.errors = [_error(finding, found, config) for finding in found.findings]
        if found.failed:
            text = _(
                "%(count)s files or members could not be read: no data product is made of them.", count=found.failed
            )
            result.errors.append(_described("unread", text, "info"))
        if found.waiting:
            text = _("%(count)s files are still being read.", count=found.waiting)
            result.errors.append(_described("waiting", text, "info"))
        result.success = not any(error["severity"] == "error" for error in result.errors)
        return result


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
    decided = verification.current(record_uuid, stage)
    keys = keys_of(files, decided.mapping)
    found = _counts(list(keys.values()))
    found.failed += sum(file.status is Status.FAILED for file in files)
    found.waiting = sum(file.status in (None, Status.QUEUED, Status.RUNNING) for file in files)
    names = {key: name for name, key in keys.items()}
    products = []
    for key, document in _worst(list(keys.values())):
        product = Product.from_dict(document)
        _correct(product, decided.corrections.get(names[key], {}))
        products.append(product)
    found.findings = _findings(products)
    return found


def _counts(keys: Sequence[Key]) -> Summary:
    entry = ObsCoreExtracted
    if not keys:
        return Summary()
    counted = select(func.count().filter(~entry.failed), func.count().filter(entry.failed))
    products, failed = db.session.execute(counted.where(tuple_(entry.file_id, entry.key).in_(list(keys)))).one()
    return Summary(products, failed)


def _worst(keys: Sequence[Key]) -> Iterable[tuple[Key, dict[str, Any]]]:
    if not keys:
        return ()
    entry = ObsCoreExtracted
    statement = (
        select(entry.file_id, entry.key, entry.document)
        .where(tuple_(entry.file_id, entry.key).in_(list(keys)), ~entry.failed)
        .order_by(entry.attention.desc(), entry.file_id, entry.number)
        .limit(MOST)
    )
    return (((row.file_id, row.key), row.document) for row in db.session.execute(statement))


def _correct(product: Product, given: dict[str, Any]) -> None:
    name = f"{product.member}#{product.key}" if product.member or product.key else ""
    try:
        correct([product], {name: given.get(name, {})}, system=SYSTEM_COLUMNS)
    except ColumnError as error:
        product.problems.append(Problem("attention", "correction-failed", str(error), column=error.column))


def _findings(products: Iterable[Product]) -> list[Finding]:
    """One finding for each kind of problem, with the words of its first product."""
    kinds: dict[tuple[str, str], Finding] = {}
    for product in products:
        for kind, problem in {(problem.code, problem.column): problem for problem in product.problems}.items():
            name = "-".join(filter(None, (problem.column, problem.code)))
            finding = kinds.setdefault(kind, Finding(name, problem.message, 0, problem.code in _AGAINST))
            finding.products += 1
    return sorted(kinds.values(), key=lambda finding: (not finding.breaks, -finding.products))


def _error(finding: Finding, found: Summary, config: CheckConfig) -> dict[str, Any]:
    count = _("%(count)s of %(total)s data products", count=finding.products, total=found.products)
    if not finding.breaks:
        return _described(finding.name, f"{count}: {finding.message}", "info")
    severity = "error" if config.severity == Severity.FAIL else "info"
    text = _("%(count)s, against the standard: %(what)s", count=count, what=finding.message)
    return _described(finding.name, text, severity)


def _described(name: str, message: str, severity: str) -> dict[str, Any]:
    description = _("Values can be completed below “Observation metadata (ObsCore)”.")
    field = f"{_FIELD}.{name.replace('.', '-')}"
    return {"field": field, "messages": [message[:500]], "description": description, "severity": severity}
