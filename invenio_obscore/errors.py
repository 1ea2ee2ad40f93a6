"""Every error of the product, in one tree.

::

    ObsCoreError
    ├── InputError               what somebody sent is at fault
    │   ├── FitsError            a file cannot be read as FITS
    │   │   ├── NotFitsError         it is something else
    │   │   ├── TruncatedFitsError   it ends too early
    │   │   └── FitsLimitError       it passes a limit of size, count or time
    │   │       └── ReaderDiedError      the process that read it was killed or crashed
    │   ├── MappingError         a line of a mapping file (line, column)
    │   ├── ColumnError          a value for an ObsCore column
    │   ├── AdqlError            a query (line, column, found, expected)
    │   │   ├── AdqlSyntaxError
    │   │   ├── AdqlNameError        unknown table, column, function
    │   │   └── AdqlTypeError
    │   └── ParameterError       a request parameter (DALI 1.1, section 3)
    ├── ConflictError            somebody else changed it in the meantime
    ├── NotFoundError
    ├── ServiceError             something that we depend on does not answer
    │   └── QueryTimeoutError        a query ran longer than it may
    ├── PublicationError         rows and record do not fit together
    └── ConfigurationError       the operator's settings are at fault

An error says what is wrong (its text) and what the person who meets it can do (``remedy``). The HTTP layers turn this
tree into status codes in one place each; nothing here knows HTTP.
"""

from __future__ import annotations


class ObsCoreError(Exception):
    """Root of the tree.

    Parameters
    ----------
    message
        What is wrong, in the user's words.
    remedy
        What the user can do about it; empty when nothing is known to help.
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} ({self.remedy})" if self.remedy else self.message


class InputError(ObsCoreError):
    """What somebody sent is at fault; sending it again changes nothing."""


class FitsError(InputError):
    """A file cannot be read as FITS; ``hdu`` counts from 0 where it is known."""

    def __init__(self, message: str, *, remedy: str = "", hdu: int | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.hdu = hdu


class NotFitsError(FitsError):
    """The file is no FITS file (FITS 4.0, section 4.4.1.1: it must begin with ``SIMPLE  =``)."""


class TruncatedFitsError(FitsError):
    """The file ends inside a header or before the data that a header announces."""


class FitsLimitError(FitsError):
    """The file passes a limit: header size, number of HDUs, inflated bytes, seconds."""


class ReaderDiedError(FitsLimitError):
    """The process that read the file is gone: killed, crashed or out of memory; it may be the file, or bad luck."""


class PositionedError(InputError):
    """An error at a place in a text that a user wrote; line and column count from 1."""

    def __init__(self, message: str, *, line: int = 0, column: int = 0, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.line = line
        self.column = column

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}: " if self.line else ""
        return where + super().__str__()


class MappingError(PositionedError):
    """A mapping file cannot be parsed or applied."""


class ColumnError(InputError):
    """A value does not fit its ObsCore column, or the column cannot be set by a user."""

    def __init__(self, message: str, *, column: str, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.column = column


class AdqlError(PositionedError):
    """An ADQL query cannot be answered; ``found`` and ``expected`` are filled where a token is at fault."""

    def __init__(
        self,
        message: str,
        *,
        line: int = 0,
        column: int = 0,
        found: str = "",
        expected: tuple[str, ...] = (),
        remedy: str = "",
    ) -> None:
        super().__init__(message, line=line, column=column, remedy=remedy)
        self.found = found
        self.expected = expected


class AdqlSyntaxError(AdqlError):
    """The text is no ADQL 2.1."""


class AdqlNameError(AdqlError):
    """A table, column or function that is not published."""


class AdqlTypeError(AdqlError):
    """Operands, arguments or units that do not fit together."""


class ParameterError(InputError):
    """A request parameter is missing, repeated or has no legal value (DALI 1.1, section 3)."""

    def __init__(self, message: str, *, parameter: str, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.parameter = parameter


class ConflictError(ObsCoreError):
    """Somebody else changed what is being written."""


class NotFoundError(ObsCoreError):
    """What was asked for does not exist, or not for this user."""


class ServiceError(ObsCoreError):
    """A database or an outside service does not answer; the same request may work later."""


class QueryTimeoutError(ServiceError):
    """A query ran longer than the service lets it."""


class PublicationError(ObsCoreError):
    """Rows and record do not fit together; nothing was published."""


class ConfigurationError(ObsCoreError):
    """A setting of the operator's is missing or wrong."""
