"""The body of a :predict request as named tensors, in row ("instances") or column ("inputs") form.

Follows FillPredictRequestFromJson of tensorflow_serving/util/json_tensor.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import json_text, numeric_arrays
from .errors import ServingError, invalid
from .json_tensor import is_base64_object, make_array, read_values
from .numeric_arrays import NumericArray

Inputs = Mapping[str, int]
"""Names of a signature's inputs and the wire numbers of their types."""

_WORTH_BYTES = 512


@dataclass(frozen=True)
class PredictRequest:
    signature_name: str
    """Empty for the default."""
    row_form: bool
    tensors: dict[str, np.ndarray]


def parse(body: bytes) -> dict[str, Any]:
    """The body as a JSON object whose signature_name, if any, is a string."""
    document = numeric_arrays.parse(body) if len(body) >= _WORTH_BYTES else None
    if document is None or not isinstance(document.get("signature_name", ""), str):
        document = json_text.parse(body)
    signature_name(document)
    return document


def read(body: bytes, document: dict[str, Any], inputs_of: Callable[[str], Inputs]) -> PredictRequest:
    """document: what parse made of the body. inputs_of: gives the inputs of a signature by its name."""
    try:
        return _read(document, inputs_of)
    except ServingError:
        # The message quotes the request, so it has to come from the request as it was sent.
        return _read(json_text.parse(body), inputs_of)


def signature_name(document: dict[str, Any]) -> str:
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise invalid(
            f"JSON Value: {json_text.debug_string(document)} not formatted correctly. "
            "'signature_name' key must be a string value."
        )
    return name


def _read(document: dict[str, Any], inputs_of: Callable[[str], Inputs]) -> PredictRequest:
    name = signature_name(document)
    inputs = inputs_of(name)
    if not inputs:
        raise invalid(f"Failed to get input map for signature: {name or 'DEFAULT'}")
    if "instances" not in document:
        if "inputs" not in document:
            raise invalid("Missing 'inputs' or 'instances' key")
        return PredictRequest(name, False, _from_columns(document["inputs"], inputs))
    if "inputs" in document:
        raise _format_error(
            document, "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist "
        )
    instances = document["instances"]
    if not isinstance(instances, (list, NumericArray)):
        raise _format_error(document, "Expecting 'instances' to be an list/array")
    if not instances:
        raise _format_error(document, "No values in 'instances' array")
    return PredictRequest(name, True, _from_rows(instances, inputs))


def _from_rows(instances: list | NumericArray, inputs: Inputs) -> dict[str, np.ndarray]:
    plain = isinstance(instances, NumericArray) or not isinstance(instances[0], dict)
    if plain and len(inputs) > 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as multiple input tensors required "
            "as per tensorinfo_map"
        )
    if isinstance(instances, NumericArray):
        ((name, dtype_number),) = inputs.items()
        return {name: make_array(*read_values(instances, dtype_number), dtype_number)}

    batch = _Batch(inputs)
    objects = _is_named(instances[0])
    for index, element in enumerate(instances):
        if objects != _is_named(element):
            raise invalid(
                f"Expecting object but got list at item {index} of input list"
                if objects
                else f"Expecting value/list but got object at item {index} of input list"
            )
        if objects:
            _add_named(batch, index, element, inputs)
        else:
            try:
                batch.add(next(iter(sorted(inputs))), element)
            except ServingError as error:
                raise invalid(
                    f"Failed to process element: {index} of 'instances' list. Error: {error}"
                ) from None
    return batch.tensors(len(instances))


def _add_named(batch: _Batch, index: int, element: dict[str, Any], inputs: Inputs) -> None:
    for name, value in element.items():
        try:
            batch.add(name, value)
        except ServingError as error:
            raise invalid(
                f"Failed to process element: {index} key: {name} of 'instances' list. Error: {error}"
            ) from None
    if element.keys() != inputs.keys():
        raise invalid(
            f"Failed to process element: {index} of 'instances' list. JSON object: "
            f"{json_text.debug_string(element)} keys must be equal to: {','.join(sorted(inputs))}"
        )


class _Batch:
    """Elements of 'instances', gathered by input: all of one shape, batched along a new first dimension."""

    def __init__(self, inputs: Inputs):
        self._inputs = inputs
        self._values: dict[str, list] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}

    def add(self, name: str, value: Any) -> None:
        if name not in self._inputs:
            raise invalid(f"JSON object: does not have named input: {name}")
        values, shape = read_values(value, self._inputs[name])
        if name not in self._values:
            self._values[name], self._shapes[name] = list(values), shape
            return
        expected = self._shapes[name]
        if len(values) != int(np.prod(expected)):
            raise invalid(f"Expecting tensor size: {int(np.prod(expected))} but got: {len(values)}")
        if shape != expected:
            raise invalid(f"Expecting shape {_shape_text(expected)} but got: {_shape_text(shape)}")
        self._values[name].extend(values)

    def tensors(self, size: int) -> dict[str, np.ndarray]:
        return {
            name: make_array(values, (size, *self._shapes[name]), self._inputs[name])
            for name, values in self._values.items()
        }


def _from_columns(value: Any, inputs: Inputs) -> dict[str, np.ndarray]:
    if not _is_named(value):
        if len(inputs) > 1:
            raise invalid(
                "inputs is a plain value/list, but expecting an object as multiple input tensors required "
                "as per tensorinfo_map"
            )
        value = {next(iter(inputs)): value}
    tensors = {}
    for name in sorted(inputs):
        if name not in value:
            raise invalid(f"Missing named input: {name} in 'inputs' object.")
        tensors[name] = make_array(*read_values(value[name], inputs[name]), inputs[name])
    return tensors


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and not is_base64_object(value)


def _shape_text(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"


def _format_error(document: dict[str, Any], message: str) -> ServingError:
    return invalid(f"JSON Value: {json_text.debug_string(document)} {message}")
