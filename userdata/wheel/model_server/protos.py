"""The few messages of tensorflow_serving/apis and config that are read here.

There is no tensorflow-serving-api package for today's TensorFlow, so the messages are declared by field
number. A pool of their own keeps them apart from any other copy in the process.
"""

from __future__ import annotations

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_Field = descriptor_pb2.FieldDescriptorProto
_PACKAGE = "tensorflow.serving"

# message -> field -> (number, type). A repeated field's type ends in *.
# PredictRequest.inputs is map<string, TensorProto>: on the wire that is repeated {key = 1, value = 2}, and a
# nested message has the encoding of bytes, which TensorFlow's own TensorProto parses.
_MESSAGES = {
    # tensorflow_serving/config/monitoring_config.proto
    "PrometheusConfig": {"enable": (1, "bool"), "path": (2, "string")},
    "MonitoringConfig": {"prometheus_config": (1, "PrometheusConfig")},
    # google/protobuf/wrappers.proto
    "Int64Value": {"value": (1, "int64")},
    "BoolValue": {"value": (1, "bool")},
    "StringValue": {"value": (1, "string")},
    # tensorflow_serving/servables/tensorflow/session_bundle_config.proto
    "BatchingParameters": {
        "max_batch_size": (1, "Int64Value"),
        "batch_timeout_micros": (2, "Int64Value"),
        "max_enqueued_batches": (3, "Int64Value"),
        "num_batch_threads": (4, "Int64Value"),
        "thread_pool_name": (5, "StringValue"),
        "allowed_batch_sizes": (6, "int64*"),
        "pad_variable_length_inputs": (7, "bool"),
        "enable_large_batch_splitting": (8, "BoolValue"),
        "max_execution_batch_size": (9, "Int64Value"),
    },
    # tensorflow_serving/apis/model.proto, predict.proto, prediction_log.proto
    "ModelSpec": {
        "name": (1, "string"),
        "version": (2, "Int64Value"),
        "signature_name": (3, "string"),
        "version_label": (4, "string"),
    },
    "NamedTensor": {"key": (1, "string"), "value": (2, "bytes")},
    "PredictRequest": {
        "model_spec": (1, "ModelSpec"),
        "inputs": (2, "NamedTensor*"),
        "output_filter": (3, "string*"),
    },
    "PredictResponse": {"outputs": (1, "NamedTensor*"), "model_spec": (2, "ModelSpec")},
    "PredictLog": {"request": (1, "PredictRequest")},
    "PredictionLog": {
        "classify_log": (2, "bytes"),
        "regress_log": (3, "bytes"),
        "multi_inference_log": (4, "bytes"),
        "session_run_log": (5, "bytes"),
        "predict_log": (6, "PredictLog"),
        "predict_streamed_log": (7, "bytes"),
    },
    # tensorflow_serving/apis/get_model_metadata.proto, google/protobuf/any.proto
    "Any": {"type_url": (1, "string"), "value": (2, "bytes")},
    "NamedAny": {"key": (1, "string"), "value": (2, "Any")},
    "NamedSignature": {"key": (1, "string"), "value": (2, "bytes")},
    "GetModelMetadataRequest": {"model_spec": (1, "ModelSpec"), "metadata_field": (2, "string*")},
    "GetModelMetadataResponse": {"model_spec": (1, "ModelSpec"), "metadata": (2, "NamedAny*")},
    "SignatureDefMap": {"signature_def": (1, "NamedSignature*")},
}
_SCALARS = {
    "bool": _Field.TYPE_BOOL,
    "int64": _Field.TYPE_INT64,
    "string": _Field.TYPE_STRING,
    "bytes": _Field.TYPE_BYTES,
}


def _build() -> dict[str, type]:
    file = descriptor_pb2.FileDescriptorProto(name="model_server.proto", package=_PACKAGE, syntax="proto2")
    for message_name, fields in _MESSAGES.items():
        message = file.message_type.add(name=message_name)
        for name, (number, declared) in fields.items():
            kind = declared.rstrip("*")
            field = message.field.add(name=name, number=number)
            field.label = _Field.LABEL_REPEATED if declared.endswith("*") else _Field.LABEL_OPTIONAL
            field.type = _SCALARS.get(kind, _Field.TYPE_MESSAGE)
            if field.type == _Field.TYPE_MESSAGE:
                field.type_name = f".{_PACKAGE}.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
        for name in _MESSAGES
    }


_classes = _build()
BatchingParameters = _classes["BatchingParameters"]
GetModelMetadataRequest = _classes["GetModelMetadataRequest"]
GetModelMetadataResponse = _classes["GetModelMetadataResponse"]
MonitoringConfig = _classes["MonitoringConfig"]
PredictRequest = _classes["PredictRequest"]
PredictResponse = _classes["PredictResponse"]
PredictionLog = _classes["PredictionLog"]
SignatureDefMap = _classes["SignatureDefMap"]
