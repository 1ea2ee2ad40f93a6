"""Every setting of the module, with its default; `invenio.cfg` replaces any of them.

The reference in the documentation is made from this file.
"""

from __future__ import annotations

# ---------------------------------------------------------------------------------------------------- identifiers

OBSCORE_AUTHORITY = ""
"""IVOA authority under which the identifiers of data products stand (``ivo://<authority>/…``).

Register it once (an IVOID authority, IVOA Identifiers 2.0, section 2.3.1) and never change it: identifiers that were
given keep the authority that they were given with. Empty means the host name of ``SITE_UI_URL``, which is fine for
trying things out only.
"""

OBSCORE_DID_PATH = "obscore"
"""Path of the registered resource in every ``obs_publisher_did``: ``ivo://<authority>/<path>?<record>/<product>``."""

OBSCORE_PUBLISHER_ID = ""
"""Value of the column ``publisher_id``, an IVOID. Empty means ``ivo://<OBSCORE_AUTHORITY>``."""

OBSCORE_DEFAULT_COLLECTION = ""
"""``obs_collection`` of products whose depositor chose none and whose record is in no community.

Empty means ``THEME_SITENAME``.
"""

# ---------------------------------------------------------------------------------------------------- reading files

OBSCORE_QUEUE = ""
"""Celery queue of the module's tasks. Empty means the default queue, which your workers already take."""

OBSCORE_LEASE_SECONDS = 30
"""How long a worker may be silent before another one takes its file."""

OBSCORE_MAX_ATTEMPTS = 3
"""How often reading a file is begun; when its reader has died so often, the file is failed."""

OBSCORE_SWEEP_SECONDS = 20
"""How often Celery beat looks for files that a dead worker or a lost message left behind. 0 switches that off."""

OBSCORE_READER_LIMITS: dict[str, float] = {}
"""What differs from the default limits of reading one file: ``seconds``, ``memory_bytes``, ``hdus``, ``header_bytes`` …

`invenio_obscore.fits.limits.Limits` lists them all.
"""

OBSCORE_VERIFICATION_MAX_BYTES = 2 * 2**20
"""Largest request with a draft's mapping and corrections."""

# ---------------------------------------------------------------------------------------------------- publication

OBSCORE_ALL_VERSIONS = False
"""Whether ``ivoa.obscore`` holds every public version of a record, and not only the latest."""

OBSCORE_PUBLISH_RESTRICTED_METADATA = False
"""Whether restricted or embargoed files of a *public* record get a row (with ``data_rights`` and ``obs_release_date``).

InvenioRDM hides even the names of such files; say yes only where your depositors know. A record with restricted
metadata never has a row.
"""

OBSCORE_CUSTOM_FIELDS = True
"""Whether records carry the small fields ``obscore:*`` for search and facets.

They are appended to ``RDM_CUSTOM_FIELDS`` and ``RDM_NAMESPACES``, whatever these hold. ``invenio obscore setup`` maps
them in the search indices.
"""

OBSCORE_FACETS: tuple[str, ...] = (
    "obscore_product_type",
    "obscore_facility",
    "obscore_instrument",
    "obscore_band",
    "obscore_collection",
)
"""Facets that the search page offers, appended to ``RDM_SEARCH["facets"]``. Also known: ``obscore_target``."""

OBSCORE_CUSTOM_FIELD_VALUES = 100
"""How many different values (targets, instruments …) a record carries for search at most."""

# ---------------------------------------------------------------------------------------------------- pages

OBSCORE_LANDING_PAGE_ROWS = 25
"""Rows of a page of the table of data products on a record's page."""

# ---------------------------------------------------------------------------------------------------- DOI

DATACITE_API_URL = ""
"""Address of the DataCite REST API. Empty means DataCite's own (``DATACITE_TEST_MODE`` says which)."""

DATACITE_TIMEOUT = 10
"""Seconds to wait for DataCite."""

# ---------------------------------------------------------------------------------------------------- database

OBSCORE_READER_ROLE = "obscore_reader"
"""PostgreSQL role that answers queries: it reads the published tables and nothing else of ours."""

OBSCORE_READER_PASSWORD = ""
"""Password that ``invenio obscore setup`` gives that role.

Empty leaves the role without one (peer or trust authentication).
"""
