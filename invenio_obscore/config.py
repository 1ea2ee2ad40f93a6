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

RECORDS_RESOURCES_ZIP_MAX_ENTRIES = 100_000
"""InvenioRDM's own: the most members of a ZIP file whose members it delivers (10,000 without us)."""

RECORDS_RESOURCES_ZIP_MAX_TOTAL_UNCOMPRESSED = 2**40
"""InvenioRDM's own: the most bytes of all members together (500 MB without us: no catalogue of images)."""

RECORDS_RESOURCES_ZIP_MAX_RATIO = 1100.0
"""InvenioRDM's own: the highest compression of a member (200 without us, which an image of zeros passes).

A member is delivered as a stream, never unpacked whole.
"""

RECORDS_RESOURCES_ZIP_MAX_HEADER_SIZE = 16 * 2**20
"""InvenioRDM's own: up to this size a ZIP file's directory is read in one go (64 kB without us: 800 members)."""

# ---------------------------------------------------------------------------------------------------- whole catalogues

OBSCORE_INTAKE_FILES = 300
"""``invenio obscore deposit``: a directory with more files goes into ZIP containers, with members stored."""

OBSCORE_INTAKE_CONTAINER_MEMBERS = 1000
"""The most files of one such container; each container is read by one worker."""

OBSCORE_INTAKE_CONTAINER_BYTES = 4 * 2**30
"""The most bytes of one such container, unless a single file is larger."""

OBSCORE_INTAKE_DRAFT_MEMBERS = 20_000
"""The most files of one draft; a larger directory becomes several drafts, which name each other.

The quota of a draft (``RDM_FILES_DEFAULT_QUOTA_SIZE``) limits it as well.
"""

OBSCORE_DOCUMENTALIST_ROLE = "documentalist"
"""Role that may curate all drafts and records; `invenio obscore setup` makes it. Empty: none is made.

What it may is the action ``obscore-curate`` of invenio-access, which you may give to other roles and users as well.
"""

OBSCORE_TABLE_MAX_BYTES = 100 * 2**20
"""Largest table of a draft (CSV or VOTable) that is taken in."""

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
    "obscore_target",
)
"""Facets that the search page offers, appended to ``RDM_SEARCH["facets"]``."""

OBSCORE_CUSTOM_FIELD_VALUES = 100
"""How many different values (targets, instruments …) a record carries for search at most."""

OBSCORE_MAPPING_LIBRARY = ""
"""Folder of mappings that depositors may start from: files ``*.map``, the title in the first comment. Empty: none."""

# ---------------------------------------------------------------------------------------------------- pages

OBSCORE_LANDING_PAGE_ROWS = 25
"""Rows of a page of the table of data products on a record's page."""

OBSCORE_PREVIEWS = True
"""Whether pictures of data products are drawn (by Celery workers, when somebody first looks for them)."""

OBSCORE_PREVIEW_QUEUE = ""
"""Celery queue of drawing pictures. Empty means that of ``OBSCORE_QUEUE``.

With a queue and a worker of their own, pictures that visitors ask for never make the files of deposits wait."""

OBSCORE_PREVIEWS_WAITING = 500
"""How many pictures wait to be drawn at most; while there are so many, visitors see that theirs is to come."""

OBSCORE_PREVIEW_LIMITS: dict[str, float] = {}
"""What differs from the default limits of drawing one picture: ``seconds``, ``cpu_seconds``, ``memory_bytes`` …

`invenio_obscore.fits.limits.Limits` lists them all.
"""

OBSCORE_SKY_SURVEY = ""
"""Address of the image survey (a HiPS) behind the sky view, such as ``https://alasky.cds.unistra.fr/DSS/DSSColor``.

Visitors' browsers then load its tiles from there. Empty means a sky without images.
"""

# ---------------------------------------------------------------------------------------------------- DOI

DATACITE_API_URL = ""
"""Address of the DataCite REST API. Empty means DataCite's own (``DATACITE_TEST_MODE`` says which)."""

DATACITE_TIMEOUT = 10
"""Seconds to wait for DataCite."""

OBSCORE_INSTRUMENT_PIDS: dict[str, str] = {}
"""Persistent identifiers (DOI or Handle, PIDINST) of instruments by ``instrument_name``, for DOI metadata."""

APP_RDM_RECORD_LANDING_PAGE_FAIR_SIGNPOSTING_LEVEL_1_ENABLED = True
"""InvenioRDM's own: whether pages of records carry typed links (Signposting level 1; off without us)."""

OBSCORE_PRESERVATION = "The repository keeps the files for at least ten years; a tombstone and the DOI stay for ever."
"""What draft data management plans say of preservation: make it your policy's sentence."""

OBSCORE_CERTIFICATE = ""
"""The repository's certificate in the words of the RDA DMP standard (``coretrustseal`` …). Empty: none."""

OBSCORE_DOI_RETRY_SECONDS = 60
"""How often Celery beat looks for DOIs whose registration failed or got lost. 0 switches that off."""

OBSCORE_DOI_LONGEST_WAIT = 6 * 3600
"""Seconds between two attempts at most; the first comes after a minute, each wait is twice the one before."""

# ---------------------------------------------------------------------------------------------------- references

OBSCORE_REFERENCES_EVENT_DATA = ""
"""Address of DataCite Event Data (``https://api.datacite.org/events``), asked for publications that cite DOIs.

Empty: it is not asked. A record's page says whether any source is configured."""

OBSCORE_REFERENCES_ADS_TOKEN = ""
"""Token for the API of the Astrophysics Data System (ADS), asked for the same. Empty: it is not asked."""

OBSCORE_REFERENCES_ADS_URL = "https://api.adsabs.harvard.edu/v1/search/query"
"""Address of ADS's search."""

OBSCORE_REFERENCES_SECONDS = 3600
"""How often Celery beat looks for DOIs that are due (a hundred each time). 0 switches that off."""

OBSCORE_REFERENCES_DAYS = 7
"""Days after which a DOI is looked up again, and the longest wait after failures (the first is ten minutes)."""

# ---------------------------------------------------------------------------------------------------- sitemap

OBSCORE_SITEMAP_SECONDS = 300
"""How often Celery beat makes ``/sitemap.xml`` anew if a record changed (InvenioRDM: once a night). 0: its way."""

# ---------------------------------------------------------------------------------------------------- VO Registry

OBSCORE_REGISTRY_COLLECTIONS = "community"
"""What a resource of the publishing registry stands for: ``community`` (all rows with one ``obs_collection``) or
``record`` (all versions of one record). After a change: ``invenio obscore registry --rebuild``."""

OBSCORE_REGISTRY_SECONDS = 20
"""How often Celery beat brings the registry up to date with what was published. 0 switches that off."""

OBSCORE_REGISTRY_TITLE = ""
"""Name of the repository in the VO. Empty means ``THEME_SITENAME``."""

OBSCORE_REGISTRY_DESCRIPTION = ""
"""A sentence about the repository for its records in the VO Registry."""

OBSCORE_REGISTRY_CONTACT = ""
"""Who answers questions of VO users: a name or a role."""

OBSCORE_REGISTRY_EMAIL = ""
"""Their address. Empty means ``APP_RDM_ADMIN_EMAIL_RECIPIENT`` or ``SECURITY_EMAIL_SENDER``."""

OBSCORE_ORGANISATION = ""
"""The organisation that publishes and owns the IVOA authority. Empty means the repository's name."""

OBSCORE_ORGANISATION_URL = ""
"""Its address. Empty means ``SITE_UI_URL``."""

# ---------------------------------------------------------------------------------------------------- database

OBSCORE_READER_ROLE = "obscore_reader"
"""PostgreSQL role that answers queries: it reads the published tables and nothing else of ours."""

OBSCORE_READER_PASSWORD = ""
"""Password that ``invenio obscore setup`` gives that role.

Empty leaves the role without one (peer or trust authentication).
"""

# ---------------------------------------------------------------------------------------------------- TAP

OBSCORE_TAP_DATABASE_URI = ""
"""Database that answers queries, with the role that reads: a replica, for instance.

Empty means that of ``SQLALCHEMY_DATABASE_URI``, as ``OBSCORE_READER_ROLE``.
"""

OBSCORE_TAP_CONNECTIONS = 8
"""Most connections of one web process to that database; they are apart from the repository's own."""

OBSCORE_TAP_TIMEOUT = 300
"""Seconds that a query may run, sending its rows included."""

OBSCORE_TAP_WRITE_TIMEOUT = 60
"""Seconds in which a client must take the next piece of an answer (under gunicorn; other servers have a setting)."""

OBSCORE_TAP_QUERIES_PER_CLIENT = 6
"""Synchronous queries of one address that run at the same time on one host; 0 for any number.

A further one waits two seconds for its turn, then the answer is 503 with ``Retry-After``. Fewer than
``OBSCORE_TAP_CONNECTIONS``, so that nobody takes them all."""

OBSCORE_TAP_PROXIES = 0
"""How many proxies stand before the TAP service where it runs by itself (`invenio_obscore.vo.wsgi`).

So many addresses of ``X-Forwarded-For`` are believed, each from the end, and the scheme and the host that they tell.
With 0 behind a proxy all clients are one. Inside InvenioRDM its own ``PROXYFIX_CONFIG`` says so for the whole site."""

OBSCORE_TAP_MAXREC = 20_000
"""Rows of an answer to a query without ``MAXREC``."""

OBSCORE_TAP_MAXREC_LIMIT = 20_000_000
"""The most rows that ``MAXREC`` may ask for."""

OBSCORE_TAP_UPLOAD_PRIVATE = False
"""Whether a table that a query names by its address may come from this machine or a private network."""

OBSCORE_TAP_OBJECT_NAMES = True
"""Whether queries may look up objects by their names (``ivo_simbadpoint``) at Simbad and Sesame.

Which services those are, and how long they are waited for, say the settings of curation (``OBSCORE_CURATION_…``)."""

OBSCORE_VO_URL = ""
"""Public address above ``/tap`` and ``/did``. Empty means what the request was sent to (``<site>/vo``)."""

OBSCORE_UWS_DATABASE_URI = ""
"""Database that keeps asynchronous queries (schema ``obscore_uws``). Empty means ``SQLALCHEMY_DATABASE_URI``."""

OBSCORE_UWS_RESULTS = ""
"""Where results of asynchronous queries are kept: an fsspec address, such as ``s3://bucket/uws``.

Web and workers must all reach it. Empty means the folder ``obscore-uws`` of the instance.
"""

OBSCORE_UWS_DURATION = 3600
"""Seconds that an asynchronous query may run unless the client wishes otherwise."""

OBSCORE_UWS_LONGEST_DURATION = 4 * 3600
"""The most seconds that a client can wish for."""

OBSCORE_UWS_KEEP_DAYS = 7
"""Days after which an asynchronous query and its result are deleted."""

OBSCORE_UWS_JOBS_PER_CLIENT = 50
"""Asynchronous queries of one address that may wait or run."""

OBSCORE_UWS_LIST_ANONYMOUS = False
"""Whether anybody may list everybody's asynchronous queries. Their names are what gives access to them."""
