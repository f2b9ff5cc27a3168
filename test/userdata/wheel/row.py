"""One row of the conformance table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

# Under https://github.com/tensorflow/serving/blob/master/
JSON_TENSOR = "tensorflow_serving/util/json_tensor.cc"
HANDLER = "tensorflow_serving/model_servers/http_rest_api_handler.cc"
PATHS = "tensorflow_serving/model_servers/http_rest_api_util.cc"
HTTP_SERVER = "tensorflow_serving/model_servers/http_server.cc"
STATUS = "tensorflow_serving/model_servers/get_model_status_impl.cc"
METADATA = "tensorflow_serving/servables/tensorflow/get_model_metadata_impl.cc"
BASIC_MANAGER = "tensorflow_serving/core/basic_manager.cc"
SERVER_CORE = "tensorflow_serving/model_servers/server_core.cc"
PREDICT = "tensorflow_serving/servables/tensorflow/predict_util.cc"
BATCHING_SESSION = "tensorflow_serving/batching/batching_session.cc"
BATCHING_UTIL = "tensorflow_serving/batching/batching_util.h"
CLASSIFIER = "tensorflow_serving/servables/tensorflow/classifier.cc"
REGRESSOR = "tensorflow_serving/servables/tensorflow/regressor.cc"


@dataclass(frozen=True)
class Row:
    name: str
    body: Any
    """Sent as JSON; bytes are sent as they are."""
    status: int
    expected: Any
    """The answer's JSON, or a pattern that its error matches from the start."""
    source: str
    """File and function of TF Serving that the expectation is read from."""
    path: str = ":predict"
    """After /v1/models/every, or a whole path."""
    method: str = "POST"

    @property
    def url(self) -> str:
        return self.path if self.path.lower().startswith("/v1") else f"/v1/models/every{self.path}"


def error(text: str) -> re.Pattern[str]:
    """This error, to the letter."""
    return re.compile(re.escape(text) + r"\Z")


def starts(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text))
