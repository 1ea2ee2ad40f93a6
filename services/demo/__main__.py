"""``python -m services.demo deposit|show|check``: run by the instance's Python, while the instance runs."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pyvo
import requests

from services import environment
from services.demo import checks, findable, samples
from services.demo import virtual_observatory as vo
from services.demo.flow import deposit_all
from services.demo.repository import Repository
from services.instance import DEMO
from services.layout import SERVICES, ServiceError, password

INDENT = "      "


def show(text: str) -> None:
    """Print a line of progress."""
    print(f"{INDENT}{text}", flush=True)


def _repository() -> Repository:
    token = (SERVICES / "token-researcher").read_text()
    return Repository(DEMO.address, token)


def deposit() -> int:
    """Fetch the samples, deposit and publish them."""
    samples.fetch()
    deposit_all(_repository(), show)
    return 0


def summary() -> int:
    """Print what there is to see."""
    repository = _repository()
    published = deposit_all(repository, lambda _: None)
    table = vo.search(repository.site, vo.CONE_QUERY.format(*samples.CONE))
    for column in ("s_ra", "s_dec"):
        table[column].info.format = ".5f"
    query = vo.CONE_QUERY.format(*samples.CONE)
    print()
    for record in published:
        print(f"  {record.title}\n    landing page  {record.page}\n    DOI           https://doi.org/{record.doi}")
    _show_findable(repository.site, published[0].doi)
    print(f'\n  pyvo.dal.TAPService("{repository.site}/vo/tap").search("""\n{query}""")\n')
    print("\n".join("  " + line for line in table.pformat(max_lines=20, max_width=-1)))
    print(f"\n  Go on by hand: {repository.site}/login")
    for email in ("researcher@example.org", "admin@example.org"):
        print(f"    {email:24} {password(email)}")
    print(f"    REST token of the researcher: {SERVICES / 'token-researcher'}")
    print(f"    TOPCAT, Aladin, pyvo: TAP service {repository.site}/vo/tap")
    print("  Stop everything: ./run-demo.sh --stop", flush=True)
    return 0


def _show_findable(site: str, doi: str) -> None:
    """What DataCite and the VO Registry are told."""
    attributes = findable.doi_metadata(environment.read("demo")["INVENIO_DATACITE_API_URL"], doi)
    print(f"\n  DataCite knows of {doi}\n    {findable.coverage_in_words(attributes)}")
    print(f"    subjects      {', '.join(one['subject'] for one in attributes['subjects'])}")
    for record in findable.registry_records(site):
        print(f"  The VO Registry harvests {record.identifier}\n    {record.title}: {record.description[:110]}")
        print(f"    coverage      MOC {record.moc[:60]}")


def check() -> int:
    """Verify every result; 0 when all are as expected."""
    repository = _repository()
    published = deposit_all(repository, lambda _: None)
    datacite = environment.read("demo")["INVENIO_DATACITE_API_URL"]
    context = checks.Context(repository.site, published, datacite)
    failures = 0
    for name, passed, found in checks.run(context):
        failures += not passed
        print(f"{INDENT}{'ok    ' if passed else 'FAILED'} {name}: {found}", flush=True)
    return 1 if failures else 0


ACTIONS: dict[str, Callable[[], int]] = {"deposit": deposit, "show": summary, "check": check}


def main() -> int:
    """Run one action."""
    try:
        return ACTIONS[sys.argv[1]]()
    except (ServiceError, requests.RequestException, pyvo.dal.DALAccessError) as error:
        print(f"{INDENT}{type(error).__name__}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
