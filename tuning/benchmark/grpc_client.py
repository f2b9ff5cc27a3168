"""TF Serving's PredictionService from the client's side, with the messages that protos.py declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np
from google.protobuf.message import DecodeError, Message
from model_server.protos import (
    GetModelMetadataRequest,
    GetModelMetadataResponse,
    PredictRequest,
    PredictResponse,
    SignatureDefMap,
)

from tuning.benchmark.encoded import EncodedRequests
from tuning.benchmark.endpoint import EndpointError, Target

if TYPE_CHECKING:
    from tuning.saved_model.requests import Request
    from tuning.saved_model.signature import Signature

_SERVICE = "/tensorflow.serving.PredictionService"
# gRPC's own limit of 4 MB is soon reached by a batch of images.
_OPTIONS = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    # A client asks the server that the URL names, also where a proxy is set for the way out.
    ("grpc.enable_http_proxy", 0),
)


class GrpcClient:
    def __init__(self, target: Target, timeout: float):
        self._target = target
        self._timeout = timeout
        self._channel = grpc.insecure_channel(f"{target.host}:{target.port}", options=_OPTIONS)
        # Bytes in, bytes out: a request is encoded once, and an answer decoded where somebody reads it.
        self._predict = self._channel.unary_unary(f"{_SERVICE}/Predict")
        self._metadata = self._channel.unary_unary(f"{_SERVICE}/GetModelMetadata")
        self._bodies = EncodedRequests(self._encode)

    def predict(self, request: Request) -> dict[str, np.ndarray]:
        from tensorflow import make_ndarray
        from tensorflow.core.framework.tensor_pb2 import TensorProto

        data = self._ask(self._predict, self._bodies(request))
        try:
            response = PredictResponse.FromString(data)
            outputs = {
                entry.key: make_ndarray(TensorProto.FromString(entry.value)) for entry in response.outputs
            }
        except (DecodeError, TypeError, ValueError):
            raise self._no_answer() from None
        if not outputs:
            raise self._no_answer()
        return outputs

    def exchange(self, request: Request) -> None:
        # A PredictResponse without outputs is a model_spec at most.
        data = self._ask(self._predict, self._bodies(request))
        if not data.startswith(b"\x0a") and not PredictResponse.FromString(data).outputs:
            raise self._no_answer()

    def signatures(self) -> Mapping[str, Signature]:
        from tensorflow.core.protobuf import meta_graph_pb2

        from tuning.saved_model.signature import signatures_of

        asked = GetModelMetadataRequest(metadata_field=["signature_def"])
        self._name(asked.model_spec)
        data = self._ask(self._metadata, asked.SerializeToString())
        meta_graph = meta_graph_pb2.MetaGraphDef()
        try:
            for entry in GetModelMetadataResponse.FromString(data).metadata:
                for signature in SignatureDefMap.FromString(entry.value.value).signature_def:
                    meta_graph.signature_def[signature.key].ParseFromString(signature.value)
        except DecodeError as error:
            raise EndpointError(f"{self._target.url}: its metadata cannot be read: {error}.") from None
        return signatures_of(meta_graph)

    def close(self) -> None:
        self._channel.close()

    def _encode(self, request: Request) -> bytes:
        from tensorflow import make_tensor_proto

        message = PredictRequest()
        self._name(message.model_spec)
        message.model_spec.signature_name = request.signature
        for name, array in request.inputs.items():
            message.inputs.add(key=name, value=make_tensor_proto(array).SerializeToString())
        return message.SerializeToString()

    def _name(self, model_spec: Message) -> None:
        spec: Any = model_spec
        spec.name = self._target.name

    def _ask(self, method: Any, request: bytes) -> bytes:
        try:
            return method(request, timeout=self._timeout)
        except grpc.RpcError as error:
            call: Any = error
            text = " ".join((call.details() or "").split()).rstrip(".")[:300]
            raise EndpointError(f"{self._target.url} answered gRPC {call.code().name}: {text}.") from None
        except ValueError as error:
            # A channel that was closed meanwhile.
            raise EndpointError(f"{self._target.url} cannot be asked: {error}.") from None

    def _no_answer(self) -> EndpointError:
        return EndpointError(f"{self._target.url} answered gRPC OK, but without outputs.")
