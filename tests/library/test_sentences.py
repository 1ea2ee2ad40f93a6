"""Sentences of the library that can be translated: each is said by the library, and is recognised in a message."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import invenio_obscore
from invenio_obscore.extraction.evidence import Product
from invenio_obscore.extraction.plausibility import doubts
from invenio_obscore.obscore.row import ObsCoreRow
from invenio_obscore.rdm.sentences import SENTENCES, recognised

_PLACE = re.compile(r"%\(\w+\)s")
_ROOT = Path(invenio_obscore.__file__).parent
_LIBRARY = ("errors.py", "pipeline.py", "obscore", "fits", "extraction", "mapping", "curation", "previews")


def _said(node: ast.AST) -> Iterator[str]:
    """The texts of a module, with {} where a value is put in."""
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value
        elif isinstance(each, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in each.values)  # type: ignore[misc]


@cache
def _texts() -> frozenset[str]:
    modules = [path for name in _LIBRARY for path in (_ROOT / name, *(_ROOT / name).rglob("*.py")) if path.is_file()]
    return frozenset(text for path in modules for text in _said(ast.parse(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_sentence_is_said_by_the_library(sentence: str) -> None:
    form = _PLACE.sub("{}", sentence)
    # A text may be said behind what it is about ("name: …"), or stand in a variable of its own.
    said = {text.replace("{}{}", "{}") for text in _texts()}
    assert any(form in (text, f"{text}{{}}") or text.endswith(f": {form}") for text in said), form


_ODD: dict[str, Any] = {
    "dataproduct_type": "painting", "calib_level": 9, "s_ra": 400.0, "s_fov": 0.1, "t_min": 60000.5, "t_max": 60000.0,
    "em_min": 4e5, "em_res_power": -1.0, "pol_states": "QI", "pol_xel": 3, "s_resolution": 1e9, "o_ucd": "no.such",
    "t_exptime": 4e9, "s_xel1": 0,
}  # fmt: skip

_WIDE = {"dataproduct_type": "spectrum", "em_min": 1e-10, "em_max": 1.0}


def test_what_is_said_of_values_is_recognised() -> None:
    rows: list[dict[str, Any]] = [
        _ODD,
        {"dataproduct_type": "image"},
        {"dataproduct_type": "spectrum", "t_min": 1.0, "t_max": 9e9},
    ]
    messages = [problem.message for row in rows for problem in doubts(Product(ObsCoreRow(row)))]
    assert len(messages) > 20
    for message in messages:
        sentence, cells = recognised(message)
        inside = cells.get("what", "")
        assert sentence in SENTENCES, message
        assert not inside or recognised(inside)[0] in SENTENCES, message


def test_odd_text_takes_no_time() -> None:
    for text in (" is " * 400, "a: " * 500, "(" * 1000, "x is none of " * 100):
        begin = time.perf_counter()
        recognised(text)
        assert time.perf_counter() - begin < 0.5
