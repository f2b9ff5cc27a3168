"""Answers that run the model: :predict, and what is said to :classify and :regress.

Follows tensorflow_serving/model_servers/http_rest_api_handler.cc.
"""

from __future__ import annotations

import time
from concurrent.futures import Executor, Future
from contextlib import ExitStack

from . import json_text, metrics, predict_request, predict_response
from .errors import ServingError, invalid, unimplemented
from .manager import VersionManager
from .rest_path import Target
from .servable import DEFAULT_SIGNATURE


def predict(manager: VersionManager, target: Target, body: bytes) -> bytes:
    # Parsed before the model is looked up, so that a body that is no JSON is a 400 for any model.
    document = predict_request.parse(body)
    with manager.servable(target.name, target.version, target.label) as servable:
        request = predict_request.read(body, document, servable.inputs)
        signature = servable.signature(request.signature_name)
        begin = time.perf_counter()
        outputs = signature.run(request.tensors)
        metrics.runtime(target.name, time.perf_counter() - begin)
        return predict_response.write(outputs, request.row_form)


def predict_batched(
    answer: Future[bytes], executor: Executor, manager: VersionManager, target: Target, body: bytes
) -> None:
    """As predict, but leaves the thread while the request waits for its batch: as many requests can wait as
    the batches' own limit allows. The rest is done by the executor."""
    held = ExitStack()
    try:
        document = predict_request.parse(body)
        servable = held.enter_context(manager.servable(target.name, target.version, target.label))
        request = predict_request.read(body, document, servable.inputs)
        begin = time.perf_counter()
        outputs = servable.signature(request.signature_name).submit(request.tensors)
    except BaseException as error:
        held.close()
        answer.set_exception(error)
        return

    def finish(seconds: float) -> None:
        try:
            with held:
                tensors = outputs.result()
                metrics.runtime(target.name, seconds)
                content = predict_response.write(tensors, request.row_form)
        except BaseException as error:
            answer.set_exception(error)
        else:
            answer.set_result(content)

    outputs.add_done_callback(lambda _: executor.submit(finish, time.perf_counter() - begin))


def classify_or_regress(manager: VersionManager, target: Target, body: bytes) -> bytes:
    """Both need a signature that only TensorFlow 1's estimators exported; a model without one gets TF
    Serving's answer, a model with one is told that it is not supported."""
    document = json_text.parse(body)
    name = predict_request.signature_name(document) or DEFAULT_SIGNATURE
    examples = document.get("examples")
    if "examples" not in document:
        raise _format_error(document, "When method is classify, key 'examples' is expected and was not found")
    if not isinstance(examples, list):
        raise _format_error(document, "Expecting 'examples' value to be an list/array")
    if not examples:
        raise _format_error(document, "'examples' value is an empty array")
    for example in examples:
        if not isinstance(example, dict):
            raise invalid(f"Example must be JSON object but got JSON {json_text.type_name(example)}")

    kind, expected = {
        "classify": ("classification", "tensorflow/serving/classify"),
        "regress": ("regression", "tensorflow/serving/regress"),
    }[target.method]
    with manager.servable(target.name, target.version, target.label) as servable:
        definition = servable.meta_graph.signature_def.get(name)
        if definition is None:
            # servables/tensorflow/classifier.cc and regressor.cc, GetClassificationSignatureDef
            raise invalid(f"No signature was found with the name: {name}")
        if definition.method_name != expected:
            raise invalid(
                f"Expected {kind} signature method_name to be {expected}. Was: {definition.method_name}"
            )
    raise unimplemented(f"This server does not support :{target.method}; use :predict")


def _format_error(document: dict, message: str) -> ServingError:
    return invalid(f"JSON Value: {json_text.debug_string(document)} {message}")
