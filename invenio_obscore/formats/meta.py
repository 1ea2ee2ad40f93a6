"""What a result says of itself beside its columns and rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Info:
    """An INFO element of a VOTable (VOTable 1.4, section 4.8): ``name``, ``value`` and the text inside."""

    name: str
    value: str
    text: str = ""


@dataclass(frozen=True)
class Service:
    """A service that takes what a column of the table holds (DataLink 1.1, section 4).

    Attributes
    ----------
    utype
        Of the column; a table without such a column does not mention the service.
    parameter
        Of the service, which gets the value.
    """

    name: str
    access_url: str
    standard_id: str
    content_type: str
    utype: str
    parameter: str = "ID"


@dataclass(frozen=True)
class Meta:
    """What stands beside the table.

    Attributes
    ----------
    infos
        Further INFO elements: the protocol, the parameters as they were understood, whom to cite.
    name
        Name of the table.
    description
        What the result is, for people.
    services
        What more there is about each row; only VOTables tell of them.
    """

    infos: tuple[Info, ...] = ()
    name: str = "result"
    description: str = ""
    services: tuple[Service, ...] = ()
