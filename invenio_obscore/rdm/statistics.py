"""Access statistics through invenio-stats: InvenioRDM's views and downloads, and queries to the TAP service.

A query is counted after its answer began; addresses never reach the index: invenio-stats turns them into a visitor's
number that changes every day, and leaves out robots of the COUNTER list. Events are sent together, some seconds later,
so that no query waits for the message broker.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, request
from invenio_search import current_search, current_search_client
from invenio_search.engine import search
from invenio_search.utils import build_alias_name
from invenio_stats.aggregations import StatAggregator
from invenio_stats.processors import EventsIndexer, anonymize_user, flag_machines, flag_robots
from invenio_stats.proxies import current_stats

logger = logging.getLogger(__name__)

EVENT = "tap-query"
_TEMPLATES = "invenio_obscore.rdm.statistics_templates"
#: Endpoint → kind of query.
_KINDS = {"invenio_obscore_vo.sync": "sync", "invenio_obscore_vo.create_job": "async"}
_MOST_WAITING = 10_000
_SEND_AFTER = 5.0


class EventBuffer:
    """Keeps events of this process for some seconds, then sends them together."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._events: deque[dict[str, Any]] = deque(maxlen=_MOST_WAITING)
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def add(self, event: dict[str, Any]) -> None:
        """Keep an event."""
        with self._lock:
            self._events.append(event)
            if self._timer is None:
                self._timer = threading.Timer(_SEND_AFTER, self.send)
                self._timer.daemon = True
                self._timer.start()

    def send(self) -> int:
        """Send what waits; how many there were. A broker that is down costs these events, and nothing else."""
        with self._lock:
            events, self._timer = list(self._events), None
            self._events.clear()
        if events:
            try:
                with self._app.app_context():
                    current_stats.publish(EVENT, events)
            except Exception:  # noqa: BLE001 - a thread's end: statistics are no reason to trouble anybody
                logger.warning("%d events of access statistics were lost", len(events), exc_info=True)
        return len(events)


def with_identity(event: dict[str, Any]) -> dict[str, Any]:
    """Each query counts: invenio-stats takes events with one identity and visitor within 30 s for a double click."""
    event["unique_id"] = secrets.token_hex(8)
    return event


def exclude_robots(event: dict[str, Any]) -> dict[str, Any] | None:
    """Drop events of robots (COUNTER's list)."""
    kept: dict[str, Any] | None = flag_robots(event, exclude=True)
    return kept


def configure(app: Flask) -> None:
    """Add our event and its aggregation, and watch the TAP service's answers."""
    from invenio_app_rdm import config as defaults

    events = app.config.get("STATS_EVENTS") or defaults.STATS_EVENTS
    app.config["STATS_EVENTS"] = {**_event(), **events}
    aggregations = app.config.get("STATS_AGGREGATIONS") or defaults.STATS_AGGREGATIONS
    app.config["STATS_AGGREGATIONS"] = {**_aggregation(), **aggregations}
    app.config["CELERY_BEAT_SCHEDULE"] = {
        "obscore-stats-events": _beat("process_events", EVENT, minutes=30),
        "obscore-stats-aggregate": _beat("aggregate_events", f"{EVENT}-agg", minutes=60),
        **(app.config.get("CELERY_BEAT_SCHEDULE") or {}),
    }
    buffer = app.extensions["obscore-statistics"] = EventBuffer(app)

    def count(response: Response) -> Response:
        kind = _KINDS.get(request.endpoint or "")
        if kind:
            buffer.add(_built(kind, response.status_code))
        return response

    app.after_request(count)


def put_templates() -> None:
    """Give the search our index templates; an existing instance has none of them."""
    list(current_search.put_templates(ignore=[400]))


def _beat(task: str, name: str, minutes: int) -> dict[str, Any]:
    return {"task": f"invenio_stats.tasks.{task}", "schedule": timedelta(minutes=minutes), "args": [(name,)]}


def _event() -> dict[str, Any]:
    return {
        EVENT: {
            "templates": f"{_TEMPLATES}.events.tap_query",
            "event_builders": [],
            "cls": EventsIndexer,
            "params": {"preprocessors": [exclude_robots, flag_machines, anonymize_user, with_identity]},
        }
    }


def _aggregation() -> dict[str, Any]:
    return {
        f"{EVENT}-agg": {
            "templates": f"{_TEMPLATES}.aggregations.aggr_tap_query",
            "cls": StatAggregator,
            "params": {
                "event": EVENT,
                "field": "kind",
                "interval": "day",
                "index_interval": "month",
                "copy_fields": {"service": "service"},
                "metric_fields": {
                    "unique_count": ("cardinality", "visitor_id", {"precision_threshold": 1000}),
                },
            },
        }
    }


def _built(kind: str, status: int) -> dict[str, Any]:
    """An event; address and program stay in it until the worker has made a visitor's number of them."""
    return {
        "timestamp": datetime.now(UTC).replace(tzinfo=None).isoformat(),
        "service": "tap",
        "kind": kind,
        "outcome": "answered" if status < 400 else "refused",
        "ip_address": request.remote_addr,
        "user_agent": request.user_agent.string,
        "user_id": None,
        "session_id": None,
    }


# -------------------------------------------------------------------------------------------------------------- reading
@dataclass(frozen=True)
class Count:
    """Accesses of a month or of a record: all, and by different visitors of each day."""

    key: str
    count: int
    unique: int


_INDICES = {"views": "stats-record-view", "downloads": "stats-file-download", "queries": "stats-tap-query"}


def by_month(what: str, months: int = 12) -> list[Count]:
    """Accesses of the repository by month, the latest first; ``what`` is ``views``, ``downloads`` or ``queries``."""
    since = (datetime.now(UTC) - timedelta(days=31 * months)).date().isoformat()
    histogram = {"date_histogram": {"field": "timestamp", "calendar_interval": "month", "format": "yyyy-MM"}}
    buckets = _buckets(what, {"range": {"timestamp": {"gte": since}}}, histogram)
    return [_count(bucket, "key_as_string") for bucket in reversed(buckets) if bucket["doc_count"]]


def by_record(what: str, recids: Sequence[str]) -> dict[str, Count]:
    """Accesses of these records; those that nobody looked at are left out."""
    terms = {"terms": {"field": "recid", "size": max(1, len(recids))}}
    buckets = _buckets(what, {"terms": {"recid": list(recids)}}, terms)
    return {str(bucket["key"]): _count(bucket, "key") for bucket in buckets}


def by_file(recid: str, most: int = 100) -> list[Count]:
    """Downloads of a record's files, the most loaded first."""
    terms = {"terms": {"field": "file_key", "size": most}}
    return [_count(bucket, "key") for bucket in _buckets("downloads", {"term": {"recid": recid}}, terms)]


def _count(bucket: dict[str, Any], key: str) -> Count:
    return Count(str(bucket[key]), int(bucket["total"]["value"]), int(bucket["visitors"]["value"]))


def _buckets(what: str, query: dict[str, Any], grouped: dict[str, Any]) -> list[dict[str, Any]]:
    sums = {"total": {"sum": {"field": "count"}}, "visitors": {"sum": {"field": "unique_count"}}}
    body = {"size": 0, "query": query, "aggs": {"groups": {**grouped, "aggs": sums}}}
    try:
        answer = current_search_client.search(index=build_alias_name(_INDICES[what]), body=body)
    except search.NotFoundError:
        return []  # nothing was ever counted
    found: list[dict[str, Any]] = answer["aggregations"]["groups"]["buckets"]
    return found
