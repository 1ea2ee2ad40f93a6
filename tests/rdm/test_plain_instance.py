"""An InvenioRDM instance with nothing but the lines for ``invenio.cfg`` that the README gives has all of the module."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).parents[2]
_PROGRAM = Path(__file__).with_name("plain_instance.py")
#: The block of the README that goes into invenio.cfg.
_LINES = re.compile(r"in `invenio\.cfg`\s+```python\n(.*?)```", re.S)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("plain")
    lines = _LINES.search((_ROOT / "README.md").read_text(encoding="utf-8"))
    assert lines, "README.md does not say what goes into invenio.cfg"
    (folder / "invenio.cfg").write_text(lines[1])
    # No addresses, no secrets, no settings of the tests: what an operator gives must not matter here.
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, str(_PROGRAM), str(folder)]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert made.returncode == 0, made.stderr[-4000:]
    return json.loads(made.stdout.splitlines()[-1])


def test_the_panel_is_in_the_deposit_form_and_the_products_on_the_records_page(plain: Any) -> None:
    files = plain["templates"]
    assert set(files) == {"invenio_obscore/deposit.html", "invenio_obscore/record_detail.html"}
    assert all(Path(path).is_file() for path in files.values())
    assert plain["previewers"] == ["obscore_fits"]


def test_its_scripts_are_built_with_the_pages(plain: Any) -> None:
    scripts = {f"invenio-obscore-{name}": True for name in ("deposit", "products", "observations", "catalogues")}
    assert plain["entries"] == scripts


def test_files_are_read_and_drafts_checked(plain: Any) -> None:
    assert "ObsCoreFilesComponent" in plain["components"]
    assert "obscore" in plain["checks"]


def test_its_addresses_answer(plain: Any) -> None:
    draft, record = "/records/<pid_value>/draft/obscore", "/records/<pid_value>/obscore"
    panel = ("products", "product", "outlines", "header", "preview", "check", "mapping", "lookup", "similar")
    wanted = {draft, record, *(f"{draft}/{name}" for name in panel), f"{record}/products", f"{record}/header"}
    assert wanted <= set(plain["addresses"])
    assert {"/vo/tap/sync", "/vo/oai", "/vo/datalink/links", "/observations"} <= set(plain["pages"])


def test_what_the_lines_say_is_taken(plain: Any) -> None:
    assert plain["settings"] == {"OBSCORE_AUTHORITY": "your.authority", "OBSCORE_DEFAULT_COLLECTION": "Your Archive"}
