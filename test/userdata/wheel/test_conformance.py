"""The conformance table, row by row, against a real server with a real TensorFlow."""

from __future__ import annotations

import json
import re

import pytest
from row import METADATA, Row
from rows_models import MODELS
from rows_requests import REQUESTS
from rows_values import VALUES

_TABLE = [*VALUES, *REQUESTS, *MODELS]


@pytest.mark.parametrize("row", _TABLE, ids=[row.name for row in _TABLE])
def test_row(every, row: Row):
    body = row.body if isinstance(row.body, bytes) or row.body is None else json.dumps(row.body).encode()
    answer = every.http.request(row.method, row.url, content=body)

    assert answer.status_code == row.status, answer.text
    assert answer.headers["content-type"] == "application/json"
    # The names of non-finite numbers, as the table writes them.
    value = json.loads(answer.content, parse_constant=lambda name: name)
    if row.status == 200:
        assert value == row.expected
    else:
        assert list(value) == ["error"]
        assert re.match(row.expected, value["error"]), value["error"]
        assert "Traceback" not in value["error"]


def test_each_row_names_where_tf_serving_says_so():
    assert len({row.name for row in _TABLE}) == len(_TABLE)
    for row in _TABLE:
        assert re.match(r"tensorflow_serving/\S+\.cc( |$)|stricter than TF Serving", row.source), row.name


@pytest.mark.parametrize("path", ["/metadata", "/versions/1/metadata"])
def test_metadata(every, path):
    """tensorflow_serving/servables/tensorflow/get_model_metadata_impl.cc, and ToJsonString for its form."""
    assert METADATA.endswith("get_model_metadata_impl.cc")
    answer = every.http.get(f"/v1/models/every{path}").json()

    assert answer["model_spec"] == {"name": "every", "signature_name": "", "version": "1"}
    definitions = answer["metadata"]["signature_def"]["signature_def"]
    assert {"serving_default", "two", "__saved_model_init_op"} <= definitions.keys()
    default = definitions["serving_default"]
    assert default["method_name"] == "tensorflow/serving/predict"
    assert default["inputs"]["x"]["dtype"] == "DT_FLOAT"
    assert default["inputs"]["x"]["tensor_shape"] == {
        "dim": [{"size": "-1", "name": ""}, {"size": "3", "name": ""}],
        "unknown_rank": False,
    }


def test_preflight_with_an_origin(every):
    """tensorflow_serving/model_servers/http_server.cc, ProcessRequest."""
    answer = every.http.options("/v1/models/every:predict", headers={"Origin": "https://example.com"})
    assert (answer.status_code, answer.content) == (200, b"")
