"""Requests from a file: bodies of :predict as TF Serving's REST interface takes them, or NumPy's arrays."""

from __future__ import annotations

import base64
import binascii
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tuning.refusal import Refusal
from tuning.saved_model.signature import Signature, TensorSpec

_DEFAULT = "serving_default"


def read(file: Path, signatures: Mapping[str, Signature]) -> list[tuple[str, dict[str, np.ndarray]]]:
    """Signature and inputs of each request.

    file: `.npz` with an array for each input of serving_default (or of the only signature), else JSON: one
    body, a list of bodies, or one body a line. Raises Refusal naming the file and what is wrong in it.
    """
    try:
        if file.suffix == ".npz":
            return [_from_arrays(file, signatures)]
        bodies = _bodies(file.read_text())
        if not bodies:
            raise ValueError("it holds no request")
        return [_from_body(body, signatures) for body in bodies]
    except (OSError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise Refusal(f"Samples {file} cannot be used: {str(error).rstrip('.')}.") from error


def _bodies(text: str) -> list[Any]:
    try:
        whole = json.loads(text)
        return whole if isinstance(whole, list) else [whole]
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def _from_arrays(file: Path, signatures: Mapping[str, Signature]) -> tuple[str, dict[str, np.ndarray]]:
    signature = _signature({}, signatures)
    with np.load(file, allow_pickle=False) as arrays:
        return signature.name, {
            name: _array(arrays[name], signature.inputs[name])
            for name in _same_names(arrays.files, signature)
        }


def _from_body(body: Any, signatures: Mapping[str, Signature]) -> tuple[str, dict[str, np.ndarray]]:
    if not isinstance(body, dict) or ("instances" in body) == ("inputs" in body):
        raise ValueError("a request is an object with either 'instances' or 'inputs'")
    signature = _signature(body, signatures)
    columns = _columns(body["instances"]) if "instances" in body else body["inputs"]
    if not _is_named(columns):
        if len(signature.inputs) != 1:
            raise ValueError(f"signature {signature.name!r} takes {', '.join(signature.inputs)}, named each")
        columns = {next(iter(signature.inputs)): columns}
    return signature.name, {
        name: _array(columns[name], signature.inputs[name]) for name in _same_names(columns, signature)
    }


def _signature(body: Mapping[str, Any], signatures: Mapping[str, Signature]) -> Signature:
    name = body.get("signature_name") or _DEFAULT
    if name not in signatures and "signature_name" not in body and len(signatures) == 1:
        return next(iter(signatures.values()))
    if name not in signatures:
        raise ValueError(f"the model has no signature {name!r}; it has {', '.join(signatures)}")
    return signatures[name]


def _columns(rows: Any) -> Any:
    """Rows as columns, where rows name their values."""
    if not isinstance(rows, list) or not rows:
        raise ValueError("'instances' is a list of at least one row")
    if not _is_named(rows[0]):
        return rows
    if not all(_is_named(row) and row.keys() == rows[0].keys() for row in rows):
        raise ValueError("the rows of 'instances' do not all name the same inputs")
    return {name: [row[name] for row in rows] for name in rows[0]}


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() != {"b64"}


def _same_names(given: Any, signature: Signature) -> list[str]:
    if set(given) != set(signature.inputs):
        raise ValueError(
            f"signature {signature.name!r} takes {', '.join(signature.inputs)}, "
            f"got {', '.join(sorted(given))}"
        )
    return sorted(given)


def _array(value: Any, spec: TensorSpec) -> np.ndarray:
    if spec.dtype == "string":
        array = np.array(_bytes(value) if not isinstance(value, np.ndarray) else value, dtype=object)
    else:
        array = np.asarray(value)
        wanted = np.dtype(_numpy_type(spec.dtype))
        if not np.can_cast(array.dtype, wanted, "same_kind") and not (array.dtype.kind == "i" == wanted.kind):
            raise ValueError(f"input {spec.name!r} is {spec.dtype}, got {array.dtype}")
        array = array.astype(wanted)
    if spec.shape is not None and (
        array.ndim != len(spec.shape)
        or any(want not in (None, got) for want, got in zip(spec.shape, array.shape, strict=True))
    ):
        raise ValueError(f"input {spec.name!r} has shape {list(spec.shape)}, got {list(array.shape)}")
    return array


def _numpy_type(dtype: str) -> Any:
    from tensorflow import dtypes

    return dtypes.as_dtype(dtype).as_numpy_dtype


def _bytes(value: Any) -> Any:
    """Strings as TensorFlow holds them, decoded where they are base64."""
    if isinstance(value, list):
        return [_bytes(item) for item in value]
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, dict) and isinstance(value.get("b64"), str):
        try:
            return base64.b64decode(value["b64"] + "=" * (-len(value["b64"]) % 4), validate=True)
        except binascii.Error as error:
            raise ValueError("a 'b64' value is not base64") from error
    raise ValueError(f"expected a string, got {json.dumps(value)[:60]}")
