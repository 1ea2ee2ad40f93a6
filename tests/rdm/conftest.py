"""One instance for the whole session: real PostgreSQL, OpenSearch and Redis, no eager Celery.

Tasks that a request sends wait in the session's own queue. A test takes them up where it wants to: `read_queued` in
this process, or `worker`, a real worker process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from datacite_standin import DataCite
from instance import Instance, missing_services
from researcher import Researcher

_VOCABULARIES: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "resourcetypes": (
        "rsrct",
        [
            {
                "id": "dataset",
                "icon": "table",
                "props": {
                    "csl": "dataset",
                    "datacite_general": "Dataset",
                    "schema.org": "https://schema.org/Dataset",
                    "type": "dataset",
                    "subtype": "",
                },
                "title": {"en": "Dataset"},
                "tags": ["depositable", "linkable"],
            }
        ],
    ),
    "relationtypes": (
        "rlt",
        [
            {"id": name.lower(), "props": {"datacite": name}, "title": {"en": name}}
            for name in ("IsSupplementTo", "IsCitedBy", "HasPart", "IsPartOf")
        ],
    ),
    "contributorsroles": (
        "cor",
        [{"id": "hostinginstitution", "props": {"datacite": "HostingInstitution"}, "title": {"en": "Host"}}],
    ),
    "descriptiontypes": ("dty", [{"id": "methods", "props": {"datacite": "Methods"}, "title": {"en": "Methods"}}]),
    "datetypes": ("dat", [{"id": "collected", "props": {"datacite": "Collected"}, "title": {"en": "Collected"}}]),
    "removalreasons": ("rem", [{"id": "test-record", "title": {"en": "Test record"}, "tags": ["deletion-request"]}]),
}


@pytest.fixture(scope="session")
def datacite() -> Iterator[DataCite]:
    """The stand-in of the DataCite REST API, for the whole session."""
    with DataCite() as standin:
        yield standin


@pytest.fixture(scope="session")
def instance(datacite: DataCite) -> Iterator[Instance]:
    """The instance's surroundings."""
    if reason := missing_services():
        pytest.skip(reason)
    made = Instance(**datacite.settings)
    yield made
    made.destroy()


@pytest.fixture(scope="session")
def instance_app(instance: Instance) -> Iterator[Any]:
    """The application (user interface, and the REST API under ``/api``), with everything that a new instance has."""
    app = instance.create()
    with app.app_context():
        _initialise(instance)
    yield app
    with app.app_context():
        from invenio_db import db
        from invenio_search import current_search

        db.session.remove()
        list(current_search.delete(ignore=[404]))
        db.engine.dispose()


def _initialise(instance: Instance) -> None:
    from invenio_db import db
    from invenio_files_rest.models import Location
    from invenio_search import current_search

    db.create_all()
    list(current_search.put_templates(ignore=[400]))
    list(current_search.create(ignore=[400]))
    storage = instance.path / "data"
    storage.mkdir(exist_ok=True)
    db.session.add(Location(name="default", uri=str(storage), default=True))
    db.session.commit()
    _initialise_obscore()
    _create_vocabularies()


def _initialise_obscore() -> None:
    """What `invenio obscore setup` does."""
    from flask import current_app

    from invenio_obscore.rdm.cli import obscore

    result = current_app.test_cli_runner().invoke(obscore, ["setup"])
    assert result.exit_code == 0, result.output


def _create_vocabularies() -> None:
    from flask import current_app
    from invenio_access.permissions import system_identity
    from invenio_search import current_search_client
    from invenio_vocabularies.proxies import current_service as vocabularies

    for name, (pid_type, terms) in _VOCABULARIES.items():
        vocabularies.create_type(system_identity, name, pid_type)
        for term in terms:
            vocabularies.create(system_identity, {**term, "type": name})
    current_search_client.indices.refresh(index=f"{current_app.config['SEARCH_INDEX_PREFIX']}*")


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """In place of pytest-flask's, whose open context would let all requests of a test share one database session."""


@pytest.fixture
def app(instance_app: Any) -> Any:
    """The application; no context is open, so that each request and each task has its own as in real life."""
    return instance_app


@pytest.fixture
def appctx(instance_app: Any) -> Iterator[Any]:
    """An application context for what a test does beside the REST API."""
    with instance_app.app_context():
        yield instance_app


@pytest.fixture(scope="session")
def make_researcher(instance_app: Any) -> Callable[[str], Researcher]:
    """Makes users with a token."""

    def make(email: str, *roles: str) -> Researcher:
        from flask_security.utils import hash_password
        from invenio_access.models import ActionRoles
        from invenio_accounts.proxies import current_datastore
        from invenio_db import db
        from invenio_oauth2server.models import Token

        with instance_app.app_context():
            user = current_datastore.create_user(email=email, password=hash_password("password"), active=True)
            for action in roles:
                role = current_datastore.find_or_create_role(action)
                current_datastore.add_role_to_user(user, role)
                db.session.merge(ActionRoles(action=action, role=role))
            db.session.commit()
            token = Token.create_personal("tests", user.id, scopes=["user:email"]).access_token
            db.session.commit()
        return Researcher(instance_app.test_client(), token)

    return make


@pytest.fixture(scope="session")
def researcher(make_researcher: Callable[..., Researcher]) -> Researcher:
    """Who deposits."""
    return make_researcher("researcher@example.org")


@pytest.fixture(scope="session")
def stranger(make_researcher: Callable[..., Researcher]) -> Researcher:
    """Another user, who may see nothing of the researcher's drafts."""
    return make_researcher("stranger@example.org")


@pytest.fixture(scope="session")
def administrator(make_researcher: Callable[..., Researcher]) -> Researcher:
    """Who may delete and restore records."""
    return make_researcher("admin@example.org", "superuser-access", "administration-access")


@pytest.fixture(scope="session")
def documentalist(make_researcher: Callable[..., Researcher], instance_app: Any) -> Researcher:
    """Who has the role that `invenio obscore setup` makes."""
    made = make_researcher("documentalist@example.org")
    with instance_app.app_context():
        from invenio_accounts.proxies import current_datastore
        from invenio_db import db

        user = current_datastore.get_user("documentalist@example.org")
        current_datastore.add_role_to_user(user, current_datastore.find_role("documentalist"))
        db.session.commit()
    return made


@pytest.fixture(scope="session")
def visitor(instance_app: Any) -> Researcher:
    """Who is not logged in."""
    return Researcher(instance_app.test_client())


@pytest.fixture
def read_queued(instance_app: Any) -> Callable[[], int]:
    """Attends, in this process, to every file that is queued, as a worker would."""

    def attend() -> int:
        from invenio_db import db
        from sqlalchemy import select

        from invenio_obscore.rdm.models import ObsCoreReading, Status
        from invenio_obscore.rdm.worker import attend

        with instance_app.app_context():
            waiting = list(db.session.scalars(select(ObsCoreReading.file_id).filter_by(status=Status.QUEUED)))
            db.session.commit()
            for file_id in waiting:
                attend(file_id)
        return len(waiting)

    return attend


@pytest.fixture
def run_tasks(instance: Instance, instance_app: Any) -> Callable[..., int]:
    """Runs, in this process, the tasks that wait in the session's queue (DOIs, late files); how many there were.

    With a ``prefix`` only those whose name begins so are run, the others are dropped.
    """

    def run(prefix: str = "") -> int:
        from invenio_app.celery import celery

        instance_app.extensions["invenio-celery"].load_entry_points()  # as a worker does
        ran, name = 0, instance.settings["CELERY_TASK_DEFAULT_QUEUE"]
        with (
            celery.connection_for_read() as connection,
            connection.SimpleQueue(name, accept=celery.conf.accept_content) as queue,
        ):
            while (message := _next(queue)) is not None:
                message.ack()
                if not message.headers["task"].startswith(prefix):
                    continue
                arguments, options, _ = message.payload
                with instance_app.app_context():
                    celery.tasks[message.headers["task"]].apply(arguments, options, throw=True)
                ran += 1
        return ran

    return run


def _next(queue: Any) -> Any:
    try:
        return queue.get_nowait()
    except queue.Empty:
        return None


@pytest.fixture(scope="module")
def module_of_workers(instance: Instance) -> Iterator[None]:
    """Ends the workers with the module: other modules attend to files themselves."""
    yield
    instance.stop_workers()


@pytest.fixture
def worker(instance: Instance, instance_app: Any, module_of_workers: None) -> Instance:
    """A real worker process, ready; the tests of a module share it unless one kills it."""
    if not instance.has_worker:
        instance.forget_messages()
        instance.start_worker()
    return instance


@pytest.fixture
def publish(researcher: Researcher, read_queued: Callable[[], int], run_tasks: Callable[[], int]) -> Callable[..., Any]:
    """Publishes a draft when its files have been read, and lets the tasks run that this queues."""

    def publish(recid: str) -> Any:
        read_queued()
        record = researcher.publish(recid)
        run_tasks()
        return record

    return publish
