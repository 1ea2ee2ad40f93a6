"""Words of the library in the reader's language: a message is recognised by its sentence and put together again.

What is recognised as no sentence (an error of another library, a text of a header) is shown as it is.
"""

from __future__ import annotations

from invenio_i18n import gettext as _

from .sentences import PLACES, recognised

#: Longer messages are cut by whoever writes them.
_LONGEST = 2000
_DEEPEST = 4


def in_words(message: str, _depth: int = 0) -> str:
    """A message of the library for people."""
    if not message or len(message) > _LONGEST or _depth > _DEEPEST:
        return message
    sentence, cells = recognised(message)
    if not cells:
        return str(_(sentence))
    # Names and numbers stay; a text may be a sentence itself.
    return str(_(sentence)) % {
        name: cell if name in PLACES else in_words(cell, _depth + 1) for name, cell in cells.items()
    }
