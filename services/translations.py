"""Bring the translations up to what the sources say: ``var/venv/bin/python -m services.translations``.

Adds what is new (untranslated), drops what is gone, compiles, and lists what still wants a translation. Texts of
scripts are the literals of ``i18next.t("…")``, kept as JSON; those of Python and templates are in .po and .mo.
Plurals of scripts are i18next's (format v3): the key is the singular, the key with ``_plural`` the plural.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from invenio_obscore.extraction.plausibility import WANTED
from invenio_obscore.obscore.columns import ALL_COLUMNS
from invenio_obscore.rdm.sentences import SENTENCES
from services.layout import ROOT

PACKAGE = ROOT / "invenio_obscore"
SCRIPTS = PACKAGE / "assets" / "semantic-ui" / "js"
JSON = PACKAGE / "assets" / "semantic-ui" / "translations" / "invenio_obscore" / "messages"
GETTEXT = PACKAGE / "translations"
_SOURCE = "en"
LANGUAGES = (_SOURCE, "fr")

_CALL = re.compile(r'\bi18next\.t\(\s*(?:"((?:[^"\\]|\\.)*)"|(\S))')
_PLURAL = "_plural"
_COUNT = "{{count}}"
_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
_KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
}


def script_texts() -> set[str]:
    """Every key of the scripts, with its plural where it counts something.

    Raises
    ------
    ValueError
        A call does not say its text as a literal in double quotes: nobody could translate it.
    """
    found: set[str] = set()
    for path in sorted(SCRIPTS.rglob("*.js")):
        for literal, other in _CALL.findall(path.read_text(encoding="utf-8")):
            if other:
                raise ValueError(f"{path.relative_to(ROOT)}: i18next.t( is followed by {other} and not by a text")
            text = json.loads(f'"{literal}"')
            found |= {text, text + _PLURAL} if _COUNT in text else {text}
    return found


def counted_texts() -> set[str]:
    """The keys that count something: English has entries of its own for these, everything else is its own text."""
    return {text for text in script_texts() if _COUNT in text}


def python_texts() -> Catalog:
    """Every message of Python and of the templates."""
    catalog = Catalog(project="invenio-obscore", charset="utf-8", fuzzy=False)
    found = extract_from_dir(PACKAGE, _METHODS, keywords=_KEYWORDS)
    for name, _line, message, _comments, context in sorted(found, key=lambda each: (each[0], each[1])):
        catalog.add(message, locations=[(name, 0)], context=context)
    # What the library says in tables of its own.
    columns = (column.description for column in ALL_COLUMNS.values())
    for text in (*columns, *(why for *_, why in WANTED), *SENTENCES):
        catalog.add(text)
    return catalog


def json_of(language: str) -> dict[str, str]:
    """A language's translations of the scripts' texts."""
    known: dict[str, str] = json.loads((JSON / language / "translations.json").read_text(encoding="utf-8"))
    return known


def catalog_of(language: str) -> Catalog:
    """A language's translations of Python's and the templates' texts."""
    with _po(language).open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalog: Catalog) -> bytes:
    """A catalogue as gettext reads it."""
    target = io.BytesIO()
    write_mo(target, catalog)
    return target.getvalue()


def missing(language: str) -> Iterator[str]:
    """What has no translation into a language."""
    known, texts = json_of(language), counted_texts() if language == _SOURCE else script_texts()
    yield from sorted(text for text in texts if not known.get(text))
    if language == _SOURCE:
        return
    catalog = catalog_of(language)
    yield from sorted(str(each.id) for each in python_texts() if each.id and not _is_translated(catalog.get(each.id)))


def _is_translated(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


def update(language: str) -> None:
    """Write a language's files anew: present texts only, those without a translation empty."""
    known, wanted = json_of(language), counted_texts() if language == _SOURCE else script_texts()
    texts = {text: known.get(text, "") for text in sorted(wanted)}
    target = JSON / language / "translations.json"
    target.write_text(json.dumps(texts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if language == _SOURCE:
        return
    catalog = catalog_of(language)
    catalog.update(python_texts(), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    with _po(language).open("wb") as file:
        write_po(file, catalog, width=120, omit_header=False, include_lineno=False, sort_output=True)
    _po(language).with_suffix(".mo").write_bytes(compiled(catalog))


def _po(language: str) -> Path:
    return GETTEXT / language / "LC_MESSAGES" / "messages.po"


def main() -> int:
    """Update all languages; 1 where something wants a translation."""
    lacking = False
    for language in LANGUAGES:
        update(language)
        for text in missing(language):
            lacking = True
            print(f"{language}: {text}")
    return int(lacking)


if __name__ == "__main__":
    sys.exit(main())
