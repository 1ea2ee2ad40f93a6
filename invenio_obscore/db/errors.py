"""What PostgreSQL reports, as errors of ours: a user's mistake is told, anything else gets a number for the log."""

from __future__ import annotations

import logging
import secrets

import psycopg
from psycopg_pool import PoolTimeout, TooManyRequests

from ..errors import AdqlError, ObsCoreError, QueryTimeoutError, ServiceError

_log = logging.getLogger(__name__)

# PostgreSQL 15, appendix A: conditions that a query's own values bring about.
_QUERY_FAULTS = {
    "22012": "division by zero",
    "22003": "a number is too large or too small for its type",
    "2201B": "a regular expression is not valid",
    "2201E": "the logarithm of zero or of a negative number",
    "2201F": "a power that has no real value",
    "22P02": "a text cannot be read as the type that is wanted",
    "22007": "a text is no date or time",
    "22008": "a date or time is out of range",
    "22011": "a position in a text is out of range",
    "22018": "a text cannot be read as the type that is wanted",
    "22019": "an escape character is not valid",
    "22023": "a value is out of the range that a function takes",
    "22025": "an escape sequence is not valid",
    "0A000": "it asks for something that the database cannot do",
    "21000": "a sub-query that stands for one value gives several rows",
    "42803": "an aggregate or a column outside of GROUP BY stands where it cannot",
    "54001": "the query is too complex",
    "54000": "the query is too large",
    "54011": "the query has too many columns",
    "54023": "the query has too many arguments",
}
_RESOURCES = {"53200": "memory", "53100": "disk space", "53400": "temporary space"}


def translate(error: Exception) -> ObsCoreError:
    """Return our error for one of psycopg's, or of its connection pool.

    Nothing of PostgreSQL's own text gets out: it may name tables, values and addresses that are not published.
    """
    if isinstance(error, (PoolTimeout, TooManyRequests)):
        return ServiceError("the service is busy", remedy="try again in a minute")
    code = error.sqlstate if isinstance(error, psycopg.Error) else None
    if code == "57014":
        return QueryTimeoutError(
            "the query ran longer than this service lets it", remedy="narrow it, or ask for fewer rows"
        )
    if code in _QUERY_FAULTS:
        return AdqlError(f"the query cannot be evaluated: {_QUERY_FAULTS[code]}")
    if code is not None and code.startswith("22"):  # the class "data exception": some value of the query's own
        return AdqlError("the query cannot be evaluated: a value does not fit the function that it is given to")
    if code == "XX000" and "pg_sphere" in str(error):
        # Between 1e-9 and about 1.3e-9 radians from a corner pgSphere 1.3 gives up ("Please report it to …").
        return AdqlError(
            "the query cannot be evaluated: a position lies too near to the corner of a polygon",
            remedy="move one by 0.001 arcsec",
        )
    number = secrets.token_hex(4)
    _log.error("database error %s: %s %s", number, code, error, exc_info=error)
    if code in _RESOURCES:
        return ServiceError(f"the query needs more {_RESOURCES[code]} than it may use", remedy="narrow it")
    return ServiceError(f"the database cannot answer now (error {number})", remedy="try again later")
