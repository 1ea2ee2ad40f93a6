from __future__ import annotations

import pytest
from cases import schema as table_schema

from invenio_obscore.adql.schema import Schema


@pytest.fixture(scope="session")
def schema() -> Schema:
    return table_schema()
