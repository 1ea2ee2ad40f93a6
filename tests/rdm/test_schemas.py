"""Whatever JSON a depositor sends is refused in words or can be stored and applied."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from invenio_obscore.extraction.evidence import Product
from invenio_obscore.obscore.columns import ALL_COLUMNS, SYSTEM_COLUMNS
from invenio_obscore.obscore.row import ObsCoreRow
from invenio_obscore.pipeline import correct
from invenio_obscore.rdm.resources import json_body
from invenio_obscore.rdm.schemas import RowSchema, VerificationSchema

TEXT = st.text(st.characters(categories=["L", "N", "P", "Z", "C"]), max_size=40)
SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
ANY_JSON = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
ROW = st.dictionaries(st.sampled_from(sorted(ALL_COLUMNS)) | TEXT, SCALAR, max_size=4)
CORRECTIONS = st.dictionaries(TEXT, st.dictionaries(TEXT, ROW, max_size=2), max_size=2)
BODY = ANY_JSON | st.fixed_dictionaries({"mapping": ANY_JSON | TEXT, "corrections": ANY_JSON | CORRECTIONS})


@given(BODY)
def test_anything(body: Any) -> None:
    try:
        loaded = VerificationSchema().load(body)
    except ValidationError as error:
        assert error.messages
        return
    assert "\0" not in loaded["mapping"]
    loaded["mapping"].encode()
    assert json.loads(json.dumps(loaded, allow_nan=False)) == loaded
    for products in loaded["corrections"].values():
        for values in products.values():
            correct([Product(ObsCoreRow())], {"": values}, system=SYSTEM_COLUMNS)


def test_every_column_that_is_not_the_servers_can_be_corrected() -> None:
    assert set(RowSchema().fields) == set(ALL_COLUMNS) - SYSTEM_COLUMNS


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("s_dec", -91),
        ("s_ra", 400),
        ("s_ra", -1e300),
        ("calib_level", 99),
        ("dataproduct_type", "banana"),
        ("em_min", -5),
        ("t_min", 1e300),
        ("s_fov", 1e300),
        ("pol_states", "I" * 100_000),
        ("s_region", "Polygon ICRS 0 0 10 10 10 0 0 10"),
        ("s_region", "Polygon ICRS 0 0 120 0 240 0"),
    ],
)
def test_what_breaks_the_standard_is_refused_by_its_column(column: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        RowSchema().load({column: value})
    [message] = caught.value.messages_dict[column]
    assert 0 < len(message) <= 400


@pytest.mark.parametrize("product", ["a\0b", "a\ud800b"])
def test_no_product_is_named_what_no_text_can_hold(product: str) -> None:
    with pytest.raises(ValidationError):
        VerificationSchema().load({"corrections": {"a.fits": {product: {}}}})


def _request(content: bytes, *, most: int = 1000) -> None:
    app = Flask("test")
    app.config["OBSCORE_VERIFICATION_MAX_BYTES"] = most
    chunked = {"wsgi.input_terminated": True}
    with app.test_request_context(
        method="PUT", input_stream=BytesIO(content), environ_overrides=chunked, content_type="application/json"
    ):
        json_body()


def test_deep_json_is_a_bad_request() -> None:
    with pytest.raises(BadRequest):
        _request(b"[" * 200_000, most=1_000_000)


def test_a_body_without_a_length_is_limited() -> None:
    with pytest.raises(RequestEntityTooLarge):
        _request(b'"' + b"a" * 2000 + b'"')
