"""Keeps InvenioRDM's sitemap up to date: by itself it is made once a night, and a new repository has none till then."""

from __future__ import annotations

from invenio_cache import current_cache
from invenio_communities.proxies import current_communities
from invenio_rdm_records.proxies import current_rdm_records_service
from invenio_search import current_search_client
from invenio_search.utils import build_alias_name
from invenio_sitemap.tasks import update_sitemap_cache

_KEY = "invenio_obscore:sitemap"
_DAY = 86_400


def update() -> bool:
    """Make the sitemap anew if a record or community changed since, and once a day; whether it did."""
    present = _state()
    if current_cache.get(_KEY) == present:
        return False
    update_sitemap_cache()
    current_cache.set(_KEY, present, timeout=_DAY)
    return True


def _state() -> str:
    """What changes whenever a record or a community does."""
    indices = [
        build_alias_name(service.record_cls.index._name)
        for service in (current_rdm_records_service, current_communities.service)
    ]
    query = {"size": 0, "track_total_hits": True, "aggs": {"newest": {"max": {"field": "updated"}}}}
    found = current_search_client.search(index=",".join(indices), body=query)
    return f"{found['hits']['total']['value']} {found['aggregations']['newest']['value']}"
