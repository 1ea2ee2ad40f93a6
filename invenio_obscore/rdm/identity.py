"""What identifies a data product and ties it to its record: pure functions of names and metadata.

ObsCore 1.1, sections 3.3 and 4; IVOA Identifiers 2.0. A DID is given once, stored, and never given to anything else.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

_HASH_LENGTH = 16
#: What ends a FITS file's name, compressed or not; the rest is its stem.
_SUFFIXES = re.compile(r"(\.(fits?|fts|fz|gz|bz2|xz|z|zip|tar|tgz))+$", re.IGNORECASE)
#: Schemes of related identifiers that a ``bib_reference`` may hold, with what stands before the identifier.
_ARTICLE_SCHEMES = {"doi": "doi:", "bibcode": "", "arxiv": "", "ads": ""}


def product_hash(file_key: str, member: str, key: str, salt: str = "") -> str:
    """Short lower-case name of a product inside its record version (80 bits in base 32).

    DIDs compare case-insensitively (IVOA Identifiers 2.0, section 2.2), file keys don't: hence a hash.
    """
    named = "\0".join((file_key, member, key, salt)) if salt else "\0".join((file_key, member, key))
    digest = hashlib.sha256(named.encode("utf-8", "surrogatepass")).digest()
    return base64.b32encode(digest).decode("ascii").lower()[:_HASH_LENGTH]


def obs_publisher_did(authority: str, path: str, recid: str, product: str) -> str:
    """``ivo://<authority>/<path>?<recid>/<product>`` (ObsCore 1.1, section 3.3.4)."""
    return f"ivo://{authority}/{path}?{recid}/{product}"


def file_stem(name: str) -> str:
    """The file's name without folders and without what says that it is (compressed) FITS."""
    base = name.rstrip("/").rpartition("/")[2]
    return _SUFFIXES.sub("", base) or base


def obs_id(parent_recid: str, file_key: str, member: str) -> str:
    """Identifier that all products of one file share, where the header gives none.

    Files of one folder with one stem (an image and its spectrum, say) share it, files of two folders never do.
    """
    path = f"{_stem_path(file_key)}/{_stem_path(member)}" if member else _stem_path(file_key)
    return f"{parent_recid}/{path}"


def _stem_path(path: str) -> str:
    """The path with the file's stem in place of its name."""
    folder, slash, _ = path.rstrip("/").rpartition("/")
    return f"{folder}{slash}{file_stem(path)}"


def is_deliverable(member: str) -> bool:
    """Whether InvenioRDM's address of a member can work: HTTP normalises some paths, and headers carry its name."""
    segments = member.split("/")
    plain = all(segment not in ("", ".", "..") for segment in segments)
    # The name stands unescaped in Content-Disposition, which takes neither quotes nor letters outside Latin-1.
    name = segments[-1]
    return plain and name.isprintable() and not set(name) & set('"\\') and all(ord(letter) < 256 for letter in name)


def bib_reference(metadata: Mapping[str, Any], doi: str | None) -> str | None:
    """The article that the record supplements, else the record's own DOI (ObsCore 1.1, section B.4.4)."""
    for related in metadata.get("related_identifiers") or ():
        relation = (related.get("relation_type") or {}).get("id", "")
        scheme = str(related.get("scheme", "")).lower()
        if relation.lower() == "issupplementto" and scheme in _ARTICLE_SCHEMES and related.get("identifier"):
            return _ARTICLE_SCHEMES[scheme] + str(related["identifier"])
    return f"doi:{doi}" if doi else None


def creator_names(metadata: Mapping[str, Any]) -> str | None:
    """Names of the record's creators, in their order."""
    names = [(creator.get("person_or_org") or {}).get("name") for creator in metadata.get("creators") or ()]
    return "; ".join(name for name in names if name) or None


def access_url(site: str, recid: str, file_key: str, member: str) -> str:
    """Public address that delivers the file, or the member of an archive, with byte ranges.

    Parameters
    ----------
    site
        Address of the repository, with or without a slash at its end.
    """
    # A slash is part of a key's path in InvenioRDM's routes; everything else that is special is quoted.
    address = f"{site.rstrip('/')}/records/{quote(recid, safe='')}/files/{quote(file_key, safe='/')}"
    return f"{address}/container/{quote(member, safe='/')}" if member else f"{address}?download=1"
