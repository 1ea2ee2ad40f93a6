"""A stand-in for Simbad's TAP, Sesame and the SVO Filter Profile Service: answers as they do, faults included."""

from __future__ import annotations

import io
import re
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from astropy.io.votable import from_table, parse_single_table
from astropy.table import Table

OBJECTS = {
    "M 31": ("M  31", 10.684708333, 41.26875, "AGN"),
    "HD 209458": ("HD 209458", 330.795, 18.8843, "PM*"),
    "NAME LMC": ("NAME LMC", 80.89, -69.76, "G"),
}
SESAME_ONLY = {"ABELL 85": ("N=NED (web)", "ABELL 0085", 10.4075, -9.3425, "GClstr")}

# Facility, instrument, identifier, band, from and to in ångström.
FILTERS = [
    ("HST", "ACS", "HST/ACS_WFC.F606W", "", 4633.0, 7179.0),
    ("HST", "ACS", "HST/ACS_HRC.F606W", "", 4630.0, 7180.0),
    ("HST", "WFC3", "HST/WFC3_UVIS2.F606W", "", 4712.0, 7209.0),
    ("HST", "ACS", "HST/ACS_WFC.F814W", "", 6868.0, 9626.0),
    ("SLOAN", "", "SLOAN/SDSS.r", "r", 5380.0, 6989.0),
    ("2MASS", "", "2MASS/2MASS.Ks", "Ks", 19543.0, 23552.0),
    ("Generic", "", "Generic/Bessell.V", "V", 4733.0, 6875.0),
    ("Paranal", "FORS1", "Paranal/FORS1.BESS-V", "V", 4700.0, 6600.0),
    ("Paranal", "HAWKI", "Paranal/HAWKI.H", "H", 14500.0, 18000.0),
    ("Paranal", "ISAAC", "Paranal/ISAAC.H", "H", 14400.0, 18200.0),
]


def list_votable(rows: list[tuple[str, str, str, str, float, float]]) -> str:
    fields = "".join(
        f'<FIELD name="{n}" datatype="char" arraysize="*"/>'
        for n in ("filterID", "WavelengthUnit", "Band", "Instrument", "Facility")
    ) + "".join(f'<FIELD name="{n}" unit="Angstrom" datatype="float"/>' for n in ("WavelengthMin", "WavelengthMax"))
    cells = "".join(
        "<TR>" + "".join(f"<TD>{c}</TD>" for c in (id_, "Angstrom", band, instrument, facility, low, high)) + "</TR>"
        for facility, instrument, id_, band, low, high in rows
    )
    table = f"<TABLE>{fields}<DATA><TABLEDATA>{cells}</TABLEDATA></DATA></TABLE>" if rows else ""
    return f'<?xml version="1.0"?><VOTABLE version="1.1"><INFO name="QUERY_STATUS" value="OK"/><RESOURCE type="results">{table}</RESOURCE></VOTABLE>'  # noqa: E501


def curve_votable(row: tuple[str, str, str, str, float, float]) -> str:
    facility, instrument, id_, band, low, high = row
    texts = {
        "filterID": id_,
        "WavelengthUnit": "Angstrom",
        "Band": band,
        "Instrument": instrument,
        "Facility": facility,
    }
    params = "".join(f'<PARAM name="{n}" value="{v}" datatype="char" arraysize="*"/>' for n, v in texts.items())
    params += "".join(
        f'<PARAM name="{n}" value="{v}" unit="Angstrom" datatype="float"/>'
        for n, v in (("WavelengthMin", low), ("WavelengthMax", high))
    )
    data = "<DATA><TABLEDATA><TR><TD>5000</TD><TD>0.5</TD></TR></TABLEDATA></DATA>"
    fields = '<FIELD name="Wavelength" datatype="float"/><FIELD name="Transmission" datatype="float"/>'
    return f'<?xml version="1.0"?><VOTABLE version="1.1"><RESOURCE type="results"><TABLE>{params}{fields}{data}</TABLE></RESOURCE></VOTABLE>'  # noqa: E501


class _Handler(BaseHTTPRequestHandler):
    server: StandIn

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        self._answer(split.path, split.query)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(urlsplit(self.path).path, "", body)

    def _answer(self, path: str, query: str, body: bytes = b"") -> None:
        service = path.split("/")[1]
        self.server.requests[service] += 1
        fault = self.server.faults.get(service, [])
        if fault and self._fault(fault.pop(0)):
            return
        answers = {"simbad": self._simbad, "sesame": self._sesame, "svo": self._svo}
        self._send(200, *answers[service](query, body))

    def _fault(self, fault: str | int) -> bool:
        if fault == "hang":
            time.sleep(3)
        elif fault == "close":
            self.connection.close()
        elif fault == "garbage":
            self._send(200, "text/html", "<html>Maintenance & more")
        elif isinstance(fault, int) and fault != 200:
            self._send(fault, "text/plain", "no")
        return fault != 200

    def _send(self, status: int, kind: str, text: str) -> None:
        content = text.encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            if status == 429:
                self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(content)
        except OSError:
            pass  # the client went away

    def _simbad(self, query: str, body: bytes) -> tuple[str, str]:
        """TAP: the uploaded table of names, and whoever of them is known."""
        uploaded = body[body.index(b"<VOTABLE") : body.index(b"</VOTABLE>") + 10]
        table = parse_single_table(io.BytesIO(b'<?xml version="1.0"?>' + uploaded)).to_table()
        names = [str(name) for name in table["spelled"]]
        found = [(n, *OBJECTS[k]) for n in names for k in OBJECTS if k.replace(" ", "") == n.upper().replace(" ", "")]
        columns = {"spelled": str, "main_id": str, "ra": float, "dec": float, "otype": str}
        table = Table(rows=found or None, names=list(columns), dtype=list(columns.values()))
        votable = from_table(table)
        stream = io.BytesIO()
        votable.to_xml(stream)
        text = stream.getvalue().decode()
        text = re.sub(
            r"<RESOURCE[^>]*>", '<RESOURCE type="results"><INFO name="QUERY_STATUS" value="OK"/>', text, count=1
        )
        return "application/x-votable+xml", text

    def _sesame(self, query: str, body: bytes) -> tuple[str, str]:
        name = unquote(query)
        if name.upper() in SESAME_ONLY:
            resolver, main_id, ra, dec, otype = SESAME_ONLY[name.upper()]
            inner = (
                '<Resolver name="S=Simbad (CDS)"><INFO>*** Nothing found *** </INFO></Resolver>'
                f'<Resolver name="{resolver}">'
                f"<otype>{otype}</otype><jradeg>{ra}</jradeg><jdedeg>{dec}</jdedeg><oname>{main_id}</oname></Resolver>"
            )
        else:
            inner = '<Resolver name="S=Simbad (CDS)"><INFO>*** Nothing found *** </INFO></Resolver>'
        return "text/xml", f'<?xml version="1.0"?><Sesame><Target option="SNV"><name>x</name>{inner}</Target></Sesame>'

    def _svo(self, query: str, body: bytes) -> tuple[str, str]:
        parameters = {k: v[0] for k, v in parse_qs(query).items()}
        if "ID" in parameters:
            found = [row for row in FILTERS if row[2] == parameters["ID"]]
            return "text/xml", curve_votable(found[0]) if found else list_votable([])
        return "text/xml", list_votable([row for row in FILTERS if row[0] == parameters.get("Facility")])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class StandIn(ThreadingHTTPServer):
    """The three services under one address; ``faults[service]`` is a list of what the next requests meet."""

    daemon_threads = True
    allow_reuse_address = True
    services: ClassVar = ("simbad", "sesame", "svo")

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: Counter[str] = Counter()
        self.faults: dict[str, list[str | int]] = {}
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{service}"

    def __enter__(self) -> StandIn:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()
