"""Which PostgreSQL, OpenSearch, Redis and broker are used: given ones, containers, local packages, in this order."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from services import containers, opensearch, postgresql, redis
from services.layout import ServiceError, make_folders, remember, remembered


@dataclass(frozen=True)
class Service:
    """One service: the variable that may give its address, and how it is started and asked otherwise."""

    name: str
    variable: str
    answers: Callable[[str], bool]
    start_local: Callable[[], str]
    stop_local: Callable[[], bool]


SERVICES_IN_ORDER = (
    Service("postgresql", "OBSCORE_SERVICES_POSTGRESQL", postgresql.answers, postgresql.start, postgresql.stop),
    Service("opensearch", "OBSCORE_SERVICES_OPENSEARCH", opensearch.answers, opensearch.start, opensearch.stop),
    Service("redis", "OBSCORE_SERVICES_REDIS", redis.answers, redis.start, redis.stop),
)
"""PostgreSQL by an administrator's ``postgresql://`` URI, OpenSearch by ``host:port``, Redis by ``redis://`` URI."""

BROKER_VARIABLE = "OBSCORE_SERVICES_BROKER"


def start(show: Callable[[str], None]) -> dict[str, str]:
    """Start or find every service and return name → address."""
    make_folders()
    addresses = {}
    engine = containers.working_engine() if any(not os.environ.get(s.variable) for s in SERVICES_IN_ORDER) else None
    for service in SERVICES_IN_ORDER:
        given = os.environ.get(service.variable)
        if given:
            way, address = "given", given
            if not service.answers(given):
                raise ServiceError(f"{service.name} does not answer at the address in {service.variable}")
        elif engine:
            way, address = "container", containers.start(engine, service.name, service.answers)
        else:
            way, address = "local", service.start_local()
        remember(f"way:{service.name}", way)
        remember(f"address:{service.name}", address)
        addresses[service.name] = address
        show(f"{service.name} ({way})")
    if remembered()["way:postgresql"] != "given":  # so that the databases that tests make have pgSphere, too
        postgresql.make_extension(postgresql.with_database(addresses["postgresql"], "template1"))
    addresses["broker"] = _broker(addresses["redis"], engine)
    remember("address:broker", addresses["broker"])
    return addresses


def _broker(redis_uri: str, engine: list[str] | None) -> str:
    """Return the broker's URI: given, RabbitMQ beside the other containers, or Redis."""
    given = os.environ.get(BROKER_VARIABLE)
    if given:
        return given
    return containers.start(engine, "rabbitmq", containers.broker_answers) if engine else redis_uri


def stop(show: Callable[[str], None]) -> None:
    """Stop what start() started; given services are left alone."""
    known = remembered()
    for service in reversed(SERVICES_IN_ORDER):
        if known.get(f"way:{service.name}") == "local" and service.stop_local():
            show(f"{service.name} stopped")
    if "container" in {known.get(f"way:{service.name}") for service in SERVICES_IN_ORDER}:
        containers.stop()
        show("containers stopped")


def status() -> dict[str, bool]:
    """Return name → whether the service answers where it was last found."""
    known = remembered()
    return {
        service.name: bool(address) and service.answers(address)
        for service in SERVICES_IN_ORDER
        for address in [known.get(f"address:{service.name}", "")]
    }
