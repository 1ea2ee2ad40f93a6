"""The parameter UPLOAD (DALI 1.1, section 3.4.5): ``name,uri``, several of them by repetition or with ``;``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import ParameterError
from .parameters import Parameters

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SCHEMES = ("http", "https", "param")
#: Tables of one request.
MAX_UPLOADS = 10


@dataclass(frozen=True)
class Upload:
    """A table that comes with a request: its name in ``TAP_UPLOAD`` and where its content is."""

    name: str
    uri: str

    @property
    def part(self) -> str:
        """Name of the part of the request that holds the content; empty when it is elsewhere."""
        scheme, _, rest = self.uri.partition(":")
        return rest if scheme.lower() == "param" else ""


def uploads(parameters: Parameters) -> list[Upload]:
    """Return the uploads that a request names.

    Raises
    ------
    ParameterError
        A name or an address is not legal, or a name stands twice.
    """
    texts = [text.strip() for value in parameters.all("UPLOAD") for text in value.split(";") if text.strip()]
    found = [_upload(text) for text in texts]
    if len({upload.name.lower() for upload in found}) < len(found):
        raise ParameterError("UPLOAD names a table twice", parameter="UPLOAD")
    if len(found) > MAX_UPLOADS:
        raise ParameterError(f"UPLOAD names more than {MAX_UPLOADS} tables", parameter="UPLOAD")
    return found


def _upload(text: str) -> Upload:
    name, comma, uri = (part.strip() for part in text.partition(","))
    if not comma or not _NAME.fullmatch(name):
        raise ParameterError(f"UPLOAD must be name,uri and not {text[:60]!r}", parameter="UPLOAD")
    scheme, _, rest = uri.partition(":")
    if scheme.lower() not in _SCHEMES or not rest:
        raise ParameterError(
            f"UPLOAD {uri[:60]!r} cannot be fetched", parameter="UPLOAD", remedy="use http:, https: or param:"
        )
    return Upload(name, uri)
