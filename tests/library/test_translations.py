"""Every text that people see has a translation, and what is installed is what was translated."""

from __future__ import annotations

import re

import pytest

from services import translations

_PLACES = re.compile(r"\{\{\w+\}\}|%\(\w+\)[sd]")
_REMEDY = "var/venv/bin/python -m services.translations, then fill in what it lists"


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_no_text_is_without_translation(language: str) -> None:
    assert not list(translations.missing(language)), _REMEDY


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_no_translation_is_of_a_text_that_is_gone(language: str) -> None:
    assert translations.json_of(language).keys() <= translations.script_texts(), _REMEDY


def _places(text: str) -> set[str]:
    """The values that a text names; a singular may leave its number out."""
    return set(_PLACES.findall(text)) - {"{{count}}"}


def test_translations_name_the_same_values() -> None:
    pairs = list(translations.json_of("fr").items())
    for message in translations.catalog_of("fr"):
        pairs.append(tuple(each[-1] if isinstance(each, tuple) else each for each in (message.id, message.string)))
    for text, translated in pairs:
        assert _places(text) == _places(translated), text


def test_what_is_installed_is_what_was_translated() -> None:
    compiled = (translations.GETTEXT / "fr" / "LC_MESSAGES" / "messages.mo").read_bytes()
    assert compiled == translations.compiled(translations.catalog_of("fr")), _REMEDY
