"""Conformance: what tensors look like in JSON, in both directions."""

from row import JSON_TENSOR, Row

_ROWS = f"{JSON_TENSOR} FillTensorMapFromInstancesList"
_COLUMNS = f"{JSON_TENSOR} FillTensorMapFromInputsMap"
_ADD = f"{JSON_TENSOR} AddValueToTensor"
_WRITE = f"{JSON_TENSOR} AddSingleValueAndAdvance"
_OUT_ROWS = f"{JSON_TENSOR} MakeRowFormatJsonFromTensors"
_OUT_COLUMNS = f"{JSON_TENSOR} MakeColumnarFormatJsonFromTensors"


def _signed(signature: str, **body) -> dict:
    return {"signature_name": signature, **body}


VALUES = [
    Row("row form, one input without its name", {"instances": [[1, 2, 3], [4.5, 5, 6]]}, 200,
        {"predictions": [[3, 5, 7], [10, 11, 13]]}, _ROWS),
    Row("row form, one input by name", {"instances": [{"x": [1, 2, 3]}]}, 200,
        {"predictions": [[3, 5, 7]]}, _ROWS),
    Row("row form, two inputs and two outputs",
        _signed("two", instances=[{"a": [1, 2], "b": 5}, {"b": 6, "a": [3, 4]}]), 200,
        {"predictions": [{"total": 3, "twice": 10}, {"total": 7, "twice": 12}]}, _OUT_ROWS),
    Row("column form, one input without its name", {"inputs": [[1, 2, 3]]}, 200,
        {"outputs": [[3, 5, 7]]}, _COLUMNS),
    Row("column form, one input by name", {"inputs": {"x": [[1, 2, 3]]}}, 200,
        {"outputs": [[3, 5, 7]]}, _COLUMNS),
    Row("column form, two inputs and two outputs",
        _signed("two", inputs={"a": [[1, 2], [3, 4]], "b": [5, 6]}), 200,
        {"outputs": {"total": [3, 7], "twice": [10, 12]}}, _OUT_COLUMNS),
    Row("column form ignores what the signature does not name",
        _signed("two", inputs={"a": [[1, 2]], "b": [5], "c": 1}), 200,
        {"outputs": {"total": [3], "twice": [10]}}, _COLUMNS),
    Row("column form, a scalar in and out", _signed("scalar", inputs=41), 200, {"outputs": 42}, _OUT_COLUMNS),
    Row("signature by name", _signed("successor", instances=[1, 2]), 200, {"predictions": [2, 3]},
        f"{JSON_TENSOR} FillSignature"),
    Row("empty signature_name is the default", _signed("", instances=[[0, 0, 0]]), 200,
        {"predictions": [[1, 1, 1]]}, "tensorflow_serving/model_servers/http_rest_api_handler.cc GetInfoMap"),
    Row("a signature's unknown rank takes any shape", _signed("any_rank", instances=[[1, 2, 3]]), 200,
        {"predictions": [[6]]}, _ROWS),
    Row("empty lists inside an instance", _signed("any_rank", inputs={"x": [[], []]}), 400,
        r"(?s).*(Matrix size-incompatible|must be)", _COLUMNS),

    Row("64-bit integers keep every digit",
        _signed("successor", instances=[9007199254740993, -9223372036854775808]), 200,
        {"predictions": [9007199254740994, -9223372036854775807]}, _ADD),
    Row("32-bit integers", _signed("int32", instances=[2147483647, -2147483648]), 200,
        {"predictions": [2147483647, -2147483648]}, _ADD),
    Row("narrow integers wrap, as TensorProto's do", _signed("uint8", instances=[255, 256, 3]), 200,
        {"predictions": [255, 0, 3]}, _ADD),
    Row("booleans", _signed("negate", instances=[True, False]), 200, {"predictions": [False, True]}, _ADD),
    Row("doubles keep every digit", _signed("double", instances=[0.1, 1e300]), 200,
        {"predictions": [0.1, 1e300]}, f"{JSON_TENSOR} WriteDecimal"),
    Row("floats are printed without the digits of a double", _signed("identity", instances=[0.2, 9e6]), 200,
        {"predictions": [0.2, 9000000.0]}, f"{JSON_TENSOR} WriteDecimal"),

    Row("text", _signed("text", instances=["a", "grün", ""]), 200, {"predictions": ["a", "grün", ""]}, _ADD),
    Row("base64 values are decoded", _signed("text", instances=[{"b64": "aGVsbG8="}, "x"]), 200,
        {"predictions": ["hello", "x"]}, f"{JSON_TENSOR} JsonDecodeBase64Object"),
    Row("base64 without padding", _signed("text", instances=[{"b64": "aGVsbG8"}]), 200,
        {"predictions": ["hello"]}, f"{JSON_TENSOR} JsonDecodeBase64Object"),
    Row("base64 by name", _signed("text", instances=[{"s": {"b64": "aGVsbG8="}}]), 200,
        {"predictions": ["hello"]}, _ROWS),
    Row("base64 in column form", _signed("text", inputs=[{"b64": "aGVsbG8="}]), 200, {"outputs": ["hello"]},
        _COLUMNS),
    Row("an output named …_bytes is base64", _signed("raw", instances=[{"b64": "/wA="}, "hi"]), 200,
        {"predictions": [{"b64": "/wA="}, {"b64": "aGk="}]}, f"{JSON_TENSOR} IsNamedTensorBytes"),
    Row("bytes that are no UTF-8, from an output of text", _signed("text", instances=[{"b64": "/wA="}]), 200,
        {"predictions": ["\ufffd\0"]}, f"{_WRITE}, which writes them as they are: no JSON then"),

    Row("NaN and infinities go in and come out",
        b'{"signature_name": "identity", "instances": [NaN, Infinity, -Infinity, Inf, -Inf, 1.5]}', 200,
        {"predictions": ["NaN", "Infinity", "-Infinity", "Infinity", "-Infinity", 1.5]},
        f"{JSON_TENSOR} WriteDecimal; ParseJson with kParseNanAndInfFlag"),
    Row("a number over float32 is infinite", _signed("identity", instances=[1e39]), 200,
        {"predictions": ["Infinity"]}, f"{_ADD}: rapidjson's GetFloat"),
    Row("text after the object is ignored", b'{"instances": [[1, 2, 3]]} and more', 200,
        {"predictions": [[3, 5, 7]]}, f"{JSON_TENSOR} ParseJson with kParseStopWhenDoneFlag"),
    Row("a byte order mark is skipped", b'\xef\xbb\xbf{"instances": [[1, 2, 3]]}', 200,
        {"predictions": [[3, 5, 7]]}, f"{JSON_TENSOR} ParseJson: EncodedInputStream<UTF8>"),
    Row("other keys are ignored", {"instances": [[1, 2, 3]], "context": 1}, 200,
        {"predictions": [[3, 5, 7]]}, f"{JSON_TENSOR} FillPredictRequestFromJson"),
]  # fmt: skip
