"""What the identifiers of data products begin with: one rule for those who give them and those who resolve them."""

from __future__ import annotations

from urllib.parse import urlsplit


def authority(configured: str, site_url: str) -> str:
    """The IVOA authority that identifiers stand under (IVOA Identifiers 2.0, section 2.3.1).

    Parameters
    ----------
    configured
        ``OBSCORE_AUTHORITY``; where it is empty the site's host name stands for it.
    site_url
        ``SITE_UI_URL``.
    """
    return configured or urlsplit(site_url).hostname or "localhost"
