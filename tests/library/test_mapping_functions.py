"""Functions of users' own and of installed packages in mappings."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from mapped import reading

from invenio_obscore.errors import ConfigurationError
from invenio_obscore.extraction.evidence import Product
from invenio_obscore.mapping import from_file, installed, parse
from invenio_obscore.mapping import text as text_module
from invenio_obscore.obscore.row import ObsCoreRow


# -- users' own functions --------------------------------------------------------------------------------------------
def test_a_user_s_own_functions(tmp_path: Path) -> None:
    path = tmp_path / "my.py"
    path.write_text(
        "def shout(text: str, mark='!'):\n    'Loud.'\n    return text.upper() + mark\n\ndef fail():\n    1/0\n"
    )
    functions = from_file(path)
    assert [f.signature for f in functions] == ["shout(text, [mark])", "fail()"]
    product = Product(ObsCoreRow())
    parse("obs_id: shout('m 31')\nobs_title: fail()", functions=functions).fill(product, reading())
    assert product.row["obs_id"] == "M 31!"
    again = pickle.loads(pickle.dumps(parse("obs_id: shout(lower('m 31'))", functions=functions)))
    assert again.functions["shout"].call("x") == "X!"
    assert "division by zero" in product.problems[0].message


def test_own_functions_that_cannot_be_had(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("1/0")
    (tmp_path / "empty.py").write_text("import os")
    (tmp_path / "taken.py").write_text("def lower(x): return x")
    for name, words in (("nosuch.py", "no Python file"), ("bad.py", "ZeroDivisionError"), ("empty.py", "no function")):
        with pytest.raises(ConfigurationError, match=words):
            from_file(tmp_path / name)
    with pytest.raises(ConfigurationError, match="lower already"):
        parse("", functions=from_file(tmp_path / "taken.py"))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package that offers a function."""
    information = tmp_path / "site_functions-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: site-functions\nVersion: 1.0\n")
    points = "[invenio_obscore.mapping_functions]\nnight = site_functions_module:night\n"
    (information / "entry_points.txt").write_text(points)
    (tmp_path / "site_functions_module.py").write_text("def night(date: str) -> str:\n    return date[:10]\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    text_module._known.cache_clear()
    yield information
    text_module._known.cache_clear()


def test_functions_of_installed_packages_can_be_called_through_the_web_too(package: Path) -> None:
    for functions in ((), installed()):
        mapping = parse("obs_id: night('2020-01-02T03:04:05')", functions=functions, web=True)
        product = Product(ObsCoreRow())
        mapping.fill(product, reading())
        assert product.row["obs_id"] == "2020-01-02"


def test_an_entry_point_that_cannot_be_loaded_is_the_operator_s_error(package: Path) -> None:
    (package / "entry_points.txt").write_text("[invenio_obscore.mapping_functions]\nnight = nosuch:night\n")
    with pytest.raises(ConfigurationError, match="night = nosuch:night"):
        parse("obs_id: 'x'")
