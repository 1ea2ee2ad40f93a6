"""The official XML Schemas of the VO Registry and OAI-PMH, from where other packages of this machine carry them."""

from __future__ import annotations

import re
import zipfile
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from lxml import etree

from services.layout import GAVO

_SCHEMATA = "usr/lib/python3/dist-packages/gavo/resources/schemata"
_GAVO = next((path for root in (GAVO, Path("/")) if (path := root / _SCHEMATA).is_dir()), GAVO)
_STILTS = Path("/usr/share/java/starlink-ttools.jar")
#: Namespace → file; those of stilts are newer where both have one.
_IMPORTED = {
    "http://www.openarchives.org/OAI/2.0/": "OAI-PMH.xsd",
    "http://www.openarchives.org/OAI/2.0/oai_dc/": "oai_dc.xsd",
    "http://www.ivoa.net/xml/RegistryInterface/v1.0": "RegistryInterface.xsd",
    "http://www.ivoa.net/xml/VOResource/v1.0": "VOResource.xsd",
    "http://www.ivoa.net/xml/VODataService/v1.1": "VODataService.xsd",
    "http://www.ivoa.net/xml/VORegistry/v1.0": "VORegistry.xsd",
    "http://www.ivoa.net/xml/TAPRegExt/v1.0": "TAPRegExt.xsd",
}
_FROM_STILTS = {
    "VOResource.xsd": "VOResource-v1.1.xsd",
    "VODataService.xsd": "VODataService-v1.2.xsd",
    "TAPRegExt.xsd": "TAPRegExt-v1.0-Erratum1.xsd",
    "stc-v1.30.xsd": "stc-v1.30.xsd",
    "xlink.xsd": "xlink.xsd",
}
_LOCATION = re.compile(r'schemaLocation="[^"]*/([^"/]+\.xsd)"')


@cache
def schema() -> etree.XMLSchema:
    """One schema of all the namespaces; the test is skipped where the files are not here."""
    if not _GAVO.is_dir() or not _STILTS.exists():
        pytest.skip("no XML Schemas of the VO Registry: apt-get install stilts python3-gavo")
    folder = Path(mkdtemp(prefix="obscore-xsd-"))
    for path in _GAVO.glob("*.xsd"):
        _keep(folder / path.name, path.read_text("utf-8"))
    with zipfile.ZipFile(_STILTS) as jar:
        for name, member in _FROM_STILTS.items():
            _keep(folder / name, jar.read(f"uk/ac/starlink/ttools/taplint/{member}").decode())
    imports = "".join(
        f'<xs:import namespace="{namespace}" schemaLocation="{name}"/>' for namespace, name in _IMPORTED.items()
    )
    driver = folder / "driver.xsd"
    driver.write_text(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>')
    return etree.XMLSchema(etree.parse(driver))


def _keep(target: Path, text: str) -> None:
    """Let schemas find each other in this folder instead of the Internet, whatever version they name."""
    versions = re.compile(r"-v1\.\d(-Erratum1)?\.xsd")
    local = _LOCATION.sub(lambda match: f'schemaLocation="{versions.sub(".xsd", match[1])}"', text)
    target.write_text(re.sub(r'xsi:schemaLocation="[^"]*"', "", local), "utf-8")


def errors(document: bytes) -> list[str]:
    """What a document does wrong."""
    validator = schema()
    validator.validate(etree.fromstring(document))
    return [f"{error.line}: {error.message}" for error in validator.error_log]
