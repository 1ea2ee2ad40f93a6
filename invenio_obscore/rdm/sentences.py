"""What the library says of files and values, as sentences with places: the form in which they can be translated.

The library writes plain English and knows no languages; a message is recognised by its sentence and put together again
in the reader's language (:mod:`.wording`). A test holds that each sentence here is one that the library says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

#: What stands at a place, by its name; anything else is text, which may be a sentence itself.
PLACES: Mapping[str, str] = {
    "column": r"\w{1,60}",
    "other": r"\w{1,60}",
    "keyword": r"[A-Za-z0-9_. -]{1,80}",
    "later": r"[A-Za-z0-9_. -]{1,80}",
    "number": r"[-+.\deE]{1,30}|-?inf|nan",
    "least": r"[-+.\deE]{1,30}|-?inf|nan",
    "most": r"[-+.\deE]{1,30}|-?inf|nan",
    "hdu": r"\d{1,9}",
}

#: Of values and rows.
_OF_ROWS = (
    "%(column)s is missing: %(why)s",
    "%(column)s is missing although %(other)s is given",
    "from %(least)s to %(most)s m is wider than any instrument sees; check the units",
    "%(column)s = %(value)s %(what)s",
    "is no wavelength that telescopes see; check the unit of the spectral axis",
    "is before the first photographs of the sky",
    "lies in the future",
    "is an exposure of a century",
    "is no resolution of a telescope",
    "is no size of a pixel",
    "is no resolving power of a spectrograph",
    "the exposure (%(number)s s) is longer than the observation (%(most)s s)",
    "the position lies outside the region",
    "what kind of data product this is, is not known",
    "must have a value (ObsCore 1.1, table 6)",
    "%(value)s is none of %(terms)s",
    "%(value)s is not between %(least)s and %(most)s",
    "%(value)s is not above 0",
    "%(value)s is no number of samples",
    "%(value)s is no UCD of the controlled vocabulary",
    "%(value)s is no list of states such as /I/Q/U/V/",
    "%(value)s is no region",
    "%(number)s is below %(column)s, %(least)s",
    "%(number)s is above %(column)s, %(most)s",
    "has no value, %(other)s has one",
    "%(number)s differs from the number of states in %(value)s",
    "%(what)s; the value is left out",
    "the polygon's edges cross",
    "the region has more than %(number)s corners",
    "the polygon is as large as a hemisphere or larger",
    "the polygon's corners lie on one great circle",
    "the polygon has fewer than three different corners",
    "%(number)s m is no wavelength of an observation",
    "%(value)s cannot be read; expected %(example)s",
    "at most %(most)s characters are taken, not %(number)s",
    "corrections for the product %(value)s have no effect: the file has no such product",
    "%(service)s proposes %(value)s (%(detail)s), %(confidence)s sure",
    "mapping, %(what)s",
    "line %(number)s, column %(most)s: %(what)s",
    "mapping, line %(number)s: the file has no value for %(names)s",
)
#: Of header cards.
_OF_CARDS = (
    "%(keyword)s is %(value)s, no plausible time",
    "%(keyword)s is %(value)s, no date",
    "%(keyword)s is %(value)s where a number must stand",
    "%(keyword)s is %(value)s where a whole number must stand",
    "%(keyword)s lies before %(later)s",
    "%(keyword)s = %(number)s s is longer than any observation; it is left out",
    "%(what)s has no unit; nothing is guessed",
    "RA_PNT and DEC_PNT are missing",
    "card %(value)s has characters that FITS does not allow",
    "the first card is not written as the standard asks",
    "the header is not padded to 2880 bytes",
    "table values cannot be read: %(error)s",
    "the WCS has its reference at RA 0, Dec 0: it is left out as one that nobody filled in",
    "a bias or dark frame shows no sky: the position that its header gives is left out",
    "the HEALPix map has a part of the sky only; its outline is not worked out",
    "WCS: the tangent plane is wider than half the sky; it is not used",
    "WCS: a tangent plane %(number)s degrees wide is implausible; it is not used",
    "the WCS gives no position on the sky",
    "WCS: %(keyword)s is %(value)s, where a number must stand",
    "the WCS has %(number)s cards",
    "axis %(number)s (%(keyword)s) without a unit gives %(least)s m, no light that telescopes see",
    "axis %(number)s (%(keyword)s)%(lacking)s gives no wavelength",
    "CUNIT%(number)s is %(value)s, no unit of a %(kind)s axis",
    "CRVAL%(number)s of a logarithmic axis is 0",
)
#: Of a mapping's text and of its values.
_OF_MAPPINGS = (
    "expected a value, found %(value)s",
    "expected the end of the line, found %(value)s",
    "expected a FITS keyword in capitals, found %(value)s",
    "a line begins with a column or a keyword, found %(value)s",
    "after %(value)s. comes a FITS keyword, found %(found)s",
    "expected ':' or ':=' after %(value)s, found %(found)s",
    "a FITS keyword is written in capitals: %(value)s",
    "the end of the line",
    "the slice is not closed",
    "the index is not closed",
    "the parenthesis is not closed",
    "the arguments of %(value)s are not closed",
    "the section is not closed with ]",
    "a section names at least one pattern",
    "the text that begins here has no closing %(value)s",
    "the character %(value)s has no meaning here",
    "there is no variable $%(value)s",
    "there is no function %(value)s",
    "%(value)s is no column, function or keyword",
    "%(value)s is no ObsCore column",
    "%(value)s is no FITS keyword",
    "%(value)s is no unit",
    "%(value)s gets no value",
    "%(value)s is set by the server",
    "%(value)s describes the bytes of the file; a mapping cannot change it",
    "a number too large",
    "the mapping is too large",
    "did you mean %(value)s?",
    "null empties a column",
    "':' fills where there is no value, ':=' overrides",
    "units are spelled as in FITS: nm, Angstrom, km/s; an operator is missing if none was meant",
    "%(value)s is no number",
    "%(value)s is no text",
    "%(value)s is no date",
    "%(value)s is no angle",
    "division by zero",
)
#: Of files and archives.
_OF_FILES = (
    "the file is empty",
    "the file is a web page or XML, not FITS",
    "the file does not begin with 'SIMPLE  =' and is no FITS file",
    "the file is the text of a FITS header with line breaks, not a FITS file",
    "the file is neither FITS nor an archive of FITS files",
    "the file ends inside the header of HDU %(hdu)s",
    "the file ends inside the data of HDU %(hdu)s",
    "HDU %(hdu)s and what follows is not read: %(what)s",
    "what follows HDU %(hdu)s is not read: %(what)s",
    "what follows HDU %(hdu)s lies beyond the limit and is not read",
    "the data size of HDU %(hdu)s is unknown; what follows is not read",
    "only the first %(number)s HDUs are read",
    "bytes after HDU %(hdu)s are no extension",
    "the header has more than %(number)s bytes",
    "the file inflates to more than %(number)s bytes",
    "the %(name)s file cannot be inflated: %(error)s",
    "the compressed file is damaged or cut at byte %(number)s of its content: %(error)s",
    "the compressed member is damaged: %(error)s",
    "the compressed member ends too early",
    "the file cannot be read: %(error)s",
    "reading took more than %(number)s s and was stopped",
    "The process that read the file ended unexpectedly (status %(number)s).",
    "the archive holds no FITS file",
    "an archive inside an archive is not opened",
    "the member's path leads out of the archive",
    "the ZIP archive's directory is missing; it was cut or is damaged",
    "the archive has two members of this name",
    "compression method %(number)s is not supported",
    "damaged archive, the member overlaps another one or the end",
    "damaged archive, the member's sizes contradict each other",
    "the archive ends inside this member",
    "the tar archive ends inside a member",
    "damaged ZIP archive: %(error)s",
    "damaged tar archive: %(error)s",
)
#: Why there is no picture.
_OF_PICTURES = (
    "The file holds no data that a picture could show.",
    "There is no picture of visibilities.",
    "There is no picture of a bundle of events.",
    "There is no picture of an instrument's response.",
    "There is no picture of a HEALPix map.",
    "There is no picture of a table of measurements.",
    "the table has no column to draw",
    "the table has no rows",
    "no event has a position",
    "no event has a time",
    "the events have neither positions nor times",
    "the image holds no numbers",
    "there are no numbers to draw",
    "the HDU holds no image",
    "the file ends inside the table",
    "the file ends inside the compressed image",
    "the compressed image cannot be inflated: %(error)s",
    "the picture needs more of the file than may be read for it",
)
#: What a person can do about it.
_REMEDIES = (
    "upload it again",
    "download the FITS file again",
    "deposit it by itself, or put its files here",
    "deposit it without a password",
)
#: How sentences are put together; what fits nothing else is tried as one of these.
_FRAMES = ("%(what)s (%(remedy)s)", "%(where)s: %(what)s")

#: Every sentence.
SENTENCES: tuple[str, ...] = (*_OF_ROWS, *_OF_CARDS, *_OF_MAPPINGS, *_OF_FILES, *_OF_PICTURES, *_REMEDIES, *_FRAMES)

_PLACE = re.compile(r"%\((\w+)\)s")


def _form(sentence: str) -> re.Pattern[str]:
    """What messages of a sentence look like."""
    pattern = "".join(
        f"(?P<{piece}>{PLACES.get(piece, '.+?')})" if number % 2 else re.escape(piece)
        for number, piece in enumerate(_PLACE.split(sentence))
    )
    return re.compile(pattern, re.S)


#: The most telling sentences first.
_FORMS = tuple(
    (sentence, _form(sentence))
    for sentence in sorted(SENTENCES, key=lambda each: -len(_PLACE.sub("", each)))
    if _PLACE.search(sentence)
)


@lru_cache(maxsize=4096)
def recognised(message: str) -> tuple[str, Mapping[str, str]]:
    """A message's sentence, and what stands at its places; the message itself where it is none of ours."""
    for sentence, form in _FORMS:
        if found := form.fullmatch(message):
            return sentence, found.groupdict()
    return message, {}
