"""Words of the library about a product in the reader's language, where there is a translation.

The library knows no languages. What it says most often, that a value is missing and why, is put together here again
from its parts; everything else is shown as the library says it.
"""

from __future__ import annotations

from invenio_i18n import gettext as _

_MISSING = " is missing: "


def problem_in_words(code: str, message: str) -> str:
    """A problem's message for people."""
    column, found, why = message.partition(_MISSING)
    if code != "missing" or not found:
        return message
    return _("%(column)s is missing: %(why)s", column=column, why=_(why))
