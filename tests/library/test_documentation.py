"""The examples of the documentation run as they are written."""

import importlib
import re
import shlex
import sys
from dataclasses import fields
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from test_cli import fits_file
from test_sources import fits_bytes, zip_bytes

from invenio_obscore.cli import main
from invenio_obscore.curation import Settings
from invenio_obscore.extraction.house import RULES as HOUSE_RULES
from invenio_obscore.extraction.instruments import INSTRUMENTS
from invenio_obscore.mapping import BUILT_IN, from_file, parse

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {name: (DOCS / name).read_text("utf-8") for name in ("reference/mapping.md", "guides/library.md")}

EXTRACTION = (DOCS / "reference/extraction.md").read_text("utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGES[page], re.MULTILINE | re.DOTALL)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory in which the documentation's examples run."""
    fits_file(tmp_path / "catalogue" / "image.fits", EXPTIME="30.0", OBJECT="'M 31    '")
    fits_file(tmp_path / "catalogue" / "spectrum.fits", EXPTIME="60.0", OBJECT="'M 33    '")
    (tmp_path / "catalogue.map").write_text("facility_name := 'LAMOST'\n")
    (tmp_path / "wrong.map").write_text("obs_id: 'x'\nem_min: 600 nmm\nfacilty_name: 'x'\n")
    (tmp_path / "other.map").write_text("proposal_id: NOSUCH\n")
    (tmp_path / "minimal.csv").write_text(
        "calib_level,obs_collection,obs_id,obs_publisher_did,s_ra,s_dec\n"
        "2,c,1,ivo://example.org/a?1,10,20\n2,c,2,ivo://example.org/a?2,10,95\n"
    )
    (tmp_path / "deposit.zip").write_bytes(zip_bytes({"a.fits": fits_bytes("a")}))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("text", blocks("reference/mapping.md", "text"))
def test_mappings_of_the_documentation_can_be_parsed(text: str) -> None:
    assert parse(text).assignments


@pytest.mark.parametrize("page", list(PAGES))
def test_commands_of_the_documentation_say_what_it_says(here: Path, page: str) -> None:
    commands = [part for block in blocks(page, "console") for part in block.split("$ ")[1:]]
    assert commands
    for part in commands:
        command, _, expected = part.partition("\n")
        result = CliRunner().invoke(main, shlex.split(command)[1:])
        assert _plain(result.output) == _plain(expected), command


def _plain(output: str) -> list[str]:
    """The words of an output; how many values are to be looked at is the extractor's matter."""
    return re.sub(r", \d+ values? to look at", "", output).split()


def test_python_of_the_library_s_guide_runs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scope: dict[str, object] = {}
    for block in blocks("guides/library.md", "python"):
        exec(compile(block, "library.md", "exec"), scope)  # noqa: S102  # the documentation's own text
    assert list(scope["table"]["facility_name"]) == ["LAMOST", "LAMOST"]  # type: ignore[index]
    assert "['a.fits']" in capsys.readouterr().out


def test_python_of_the_reference_of_extraction_runs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = re.findall(r"^```python\n(.*?)^```(?:\n\nIt prints `(.*?)`)?", EXTRACTION, re.MULTILINE | re.DOTALL)
    assert len(found) > 1
    for block, printed in found:
        exec(compile(block, "extraction.md", "exec"), {})  # noqa: S102  # the documentation's own text
        assert capsys.readouterr().out.strip() == printed


def test_own_functions_of_the_documentation(tmp_path: Path) -> None:
    (block,) = blocks("reference/mapping.md", "python")
    (tmp_path / "my.py").write_text(block)
    assert parse("obs_id: night('2020-01-02T03:04:05')", functions=from_file(tmp_path / "my.py"))


def test_every_setting_of_curation_is_documented() -> None:
    for field in fields(Settings):
        assert f"`OBSCORE_CURATION_{field.name.upper()}`" in PAGES["guides/library.md"]


# -- complete --------------------------------------------------------------------------------------------------------
README = (DOCS.parent / "README.md").read_text("utf-8")
COMMANDS = sorted(main.commands)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(name: str) -> None:
    page = PAGES["guides/library.md"]
    assert f"`obscore {name} " in page
    assert f"$ obscore {name} " in page or name in ("curate",), "an example that is run"
    for option in main.commands[name].params:
        for spelling in option.opts if isinstance(option, click.Option) else []:
            assert f"`{spelling}`" in page, spelling


def test_every_function_has_an_example_that_is_run() -> None:
    for function in BUILT_IN.values():
        assert function.doc and function.example, function.name
        # What a function finds in a header has no fixed result; the others' are compared in test_mapping.
        assert function.result or function.scope, function.name
        assert parse(f"obs_title: {function.example}").assignments


def test_every_house_rule_and_instrument_is_in_the_generated_pages() -> None:
    sys.path.insert(0, str(DOCS))
    generated = importlib.import_module("generated")
    rules = "\n".join(generated.ExtractionRules.lines(None))
    house = "\n".join(generated.HouseRules.lines(None))
    for instrument in INSTRUMENTS:
        assert f"**{instrument.name}**" in rules
    for name, rule in HOUSE_RULES.items():
        assert f"``{name}``" in house and rule.says and rule.example
    assert "obscore-house-rules" in EXTRACTION and "obscore-rules" in EXTRACTION


def test_the_interface_of_the_readme_runs_as_written(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the services that curation asks out of reach: it fills nothing, and says so."""
    for service in ("SIMBAD", "SESAME", "SVO"):
        monkeypatch.setenv(f"OBSCORE_CURATION_{service}_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("OBSCORE_CURATION_CACHE", str(here / "cache"))
    monkeypatch.setenv("OBSCORE_CURATION_RETRIES", "0")
    (here / "catalogue" / "f.fits").write_bytes((here / "catalogue" / "image.fits").read_bytes())
    # Settings are no session: only what imports the library is one.
    (block,) = re.findall(r"^```python\n(from invenio_obscore .*?)^```", README, re.MULTILINE | re.DOTALL)
    scope: dict[str, object] = {}
    exec(compile(block, "README.md", "exec"), scope)  # noqa: S102  # the documentation's own text
    assert list(scope["table"]["facility_name"]) == ["LAMOST"] * 3  # type: ignore[index]
