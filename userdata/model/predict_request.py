"""Prints the body of a :predict request that a model version brings along.

It is `assets.extra/sample_request.json` (a :predict body as it is), else the first PredictLog of the warm-up
file that TensorFlow Serving replays, `assets.extra/tf_serving_warmup_requests`. Ends with 3 where there is
nothing that can be sent.
"""

from __future__ import annotations

import base64
import json
import struct
import sys
from pathlib import Path

from protobuf_wire import BYTES, fields, messages
from tensor import NotSendable, to_nested_list


def predict_body(version):
    """The request's bytes; raises NotSendable or ValueError."""
    sample = version / "assets.extra" / "sample_request.json"
    if sample.is_file():
        body = sample.read_bytes()
        try:
            request = json.loads(body.decode("utf-8"))
        except ValueError as error:
            raise ValueError(f"{sample.name} is not JSON: {error}") from error
        if not isinstance(request, dict) or not {"instances", "inputs"} & set(request):
            raise ValueError(f'{sample.name} has neither "instances" nor "inputs"')
        return body
    warmup = version / "assets.extra" / "tf_serving_warmup_requests"
    if warmup.is_file():
        return json.dumps(_from_warmup(warmup)).encode()
    raise NotSendable("the model brings neither sample_request.json nor tf_serving_warmup_requests")


def _from_warmup(path):
    for record in _records(path.read_bytes(), path.name):
        # PredictionLog.predict_log (6) → PredictLog.request (1)
        for predict_log in messages(record, 6):
            for request in messages(predict_log, 1):
                return _request(request)
    raise NotSendable(f"{path.name} has no record of a predict request")


def _records(data, name):
    """TFRecord: length (8 bytes), its checksum (4), the record, its checksum (4)."""
    at = 0
    while at < len(data):
        head = data[at : at + 8]
        size = struct.unpack("<Q", head)[0] if len(head) == 8 else len(data)
        if at + 16 + size > len(data):
            raise ValueError(f"{name} is not a TFRecord file, or is cut short")
        yield data[at + 12 : at + 12 + size]
        at += 16 + size


def _request(data):
    """PredictRequest: model_spec (1) with signature_name (3); inputs (2), a map of name (1) to tensor (2)."""
    body = {}
    inputs = {}
    for number, kind, value in fields(data):
        if (number, kind) == (1, BYTES):
            for signature in messages(value, 3):
                body["signature_name"] = bytes(signature).decode()
        elif (number, kind) == (2, BYTES):
            key = b"".join(bytes(part) for part in messages(value, 1)[-1:]).decode()
            tensor = b"".join(bytes(part) for part in messages(value, 2)[-1:])
            inputs[key] = to_nested_list(tensor, _json_string)
    body["inputs"] = inputs
    return body


def _json_string(value):
    """The REST API's form for bytes, which any string may be."""
    return {"b64": base64.b64encode(value).decode()}


def main(argv):
    if len(argv) != 2:
        print(f"usage: {Path(argv[0]).name} VERSION_FOLDER", file=sys.stderr)
        return 2
    try:
        body = predict_body(Path(argv[1]))
    except NotSendable as reason:
        print(reason, file=sys.stderr)
        return 3
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.buffer.write(body)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
