"""A stand-in for tensorflow_model_server, which has no build for every machine that the tests run on.

It speaks PredictionService's two methods over a real grpcio server, and a real session answers. What it does
not have is everything else: other methods, versions, batching, TF Serving's own errors.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path

import grpc
from model_server import protos

from tuning.refusal import Refusal
from tuning.saved_model.load import Model, load

_MESSAGE = "the stand-in "


class _PredictionService(grpc.GenericRpcHandler):
    def __init__(self, name: str, model: Model):
        self._name = name
        self._model = model

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        methods = {
            "/tensorflow.serving.PredictionService/Predict": self._predict,
            "/tensorflow.serving.PredictionService/GetModelMetadata": self._metadata,
        }
        method = methods.get(details.method)
        return method and grpc.unary_unary_rpc_method_handler(method)

    def _check(self, spec: object, context: grpc.ServicerContext) -> None:
        if spec.name != self._name:
            context.abort(grpc.StatusCode.NOT_FOUND, f"{_MESSAGE}has no model {spec.name}\nbut another")

    def _predict(self, data: bytes, context: grpc.ServicerContext) -> bytes:
        import tensorflow as tf
        from tensorflow.core.framework.tensor_pb2 import TensorProto

        request = protos.PredictRequest.FromString(data)
        self._check(request.model_spec, context)
        signature = request.model_spec.signature_name or "serving_default"
        inputs = {entry.key: tf.make_ndarray(TensorProto.FromString(entry.value)) for entry in request.inputs}
        try:
            outputs = self._model.run(signature, inputs)
        except (Refusal, ValueError, tf.errors.OpError) as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, _MESSAGE + str(error))
        response = protos.PredictResponse()
        response.model_spec.name = self._name
        for key, array in outputs.items():
            response.outputs.add(key=key, value=tf.make_tensor_proto(array).SerializeToString())
        return response.SerializeToString()

    def _metadata(self, data: bytes, context: grpc.ServicerContext) -> bytes:
        request = protos.GetModelMetadataRequest.FromString(data)
        self._check(request.model_spec, context)
        signatures = protos.SignatureDefMap()
        for key, definition in self._model.meta_graph.signature_def.items():
            signatures.signature_def.add(key=key, value=definition.SerializeToString())
        response = protos.GetModelMetadataResponse()
        entry = response.metadata.add(key="signature_def")
        entry.value.type_url = "type.googleapis.com/tensorflow.serving.SignatureDefMap"
        entry.value.value = signatures.SerializeToString()
        return response.SerializeToString()


@contextlib.contextmanager
def serving(name: str, version_folder: Path) -> Iterator[int]:
    """The port of the stand-in on loopback."""
    with load(version_folder, intra_op=1) as model:
        server = grpc.server(futures.ThreadPoolExecutor(8), options=[("grpc.max_receive_message_length", -1)])
        server.add_generic_rpc_handlers((_PredictionService(name, model),))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield port
        finally:
            server.stop(None).wait()
