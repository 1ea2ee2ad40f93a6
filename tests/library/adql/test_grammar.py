"""The written grammar, the reserved words, the functions and the features agree with each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from invenio_obscore.adql import compile as compile_adql
from invenio_obscore.adql.features import FEATURES
from invenio_obscore.adql.functions import FUNCTIONS
from invenio_obscore.adql.postgresql_functions import TEMPLATES
from invenio_obscore.adql.schema import Schema
from invenio_obscore.adql.words import AGGREGATE_WORDS, FUNCTION_WORDS, RESERVED

GRAMMAR = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "adql.ebnf").read_text()
RULES = dict(re.findall(r"^([a-z-]+)\s*=(.*?);\s*(?:\(\*.*?\*\))?$", GRAMMAR, re.MULTILINE | re.DOTALL))


def _terminals(text: str) -> set[str]:
    return set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", re.sub(r'"[^"]*"|\(\*.*?\*\)', "", text)))


def test_every_word_of_the_grammar_is_reserved() -> None:
    assert _terminals(GRAMMAR) <= RESERVED


def test_the_grammar_lists_all_functions() -> None:
    assert _terminals(RULES["function-name"]) == FUNCTION_WORDS
    assert _terminals(RULES["aggregate"]) - {"DISTINCT", "ALL"} == AGGREGATE_WORDS


def test_every_rule_is_defined() -> None:
    used = {
        n for text in RULES.values() for n in re.findall(r"\b[a-z][a-z-]+\b", re.sub(r"'[^']*'|\"[^\"]*\"", "", text))
    }
    basic = {"letter", "digit", "digits", "integer", "unsigned-integer", "any-but-quote", "any-but-apostrophe", "e"}
    assert used - basic - {"any-but-line-end"} <= set(RULES)


def test_every_signature_can_be_written_in_sql() -> None:
    for name, signatures in FUNCTIONS.items():
        for signature in signatures:
            for count in range(signature.fewest, len(signature.parameters) + 1):
                assert count in TEMPLATES[name], (name, count)


@pytest.mark.parametrize("feature", [f for f in FEATURES if f.kind == "udf"], ids=lambda f: f.form)
def test_every_declared_function_is_known(schema: Schema, feature: object) -> None:
    """Called without arguments it is refused for those, not for its name."""
    from invenio_obscore.errors import AdqlTypeError

    name = feature.form.partition("(")[0]  # type: ignore[attr-defined]
    with pytest.raises(AdqlTypeError, match="argument"):
        compile_adql(f"SELECT {name}() FROM adqltest.stars", schema)


def test_features_have_legal_forms() -> None:
    for feature in FEATURES:
        if feature.kind == "udf":
            assert re.fullmatch(r"\w+\([^()]*\) -> [A-Z \[\]]+", feature.form), feature.form
        else:
            assert feature.form in RESERVED
