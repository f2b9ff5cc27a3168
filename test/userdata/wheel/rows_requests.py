"""Conformance: bodies that are refused."""

from row import JSON_TENSOR, PREDICT, Row, error, starts

_PARSE = f"{JSON_TENSOR} ParseJson"
_REQUEST = f"{JSON_TENSOR} FillPredictRequestFromJson"
_ROWS = f"{JSON_TENSOR} FillTensorMapFromInstancesList"
_COLUMNS = f"{JSON_TENSOR} FillTensorMapFromInputsMap"
_FILL = f"{JSON_TENSOR} FillTensorProto"
_ADD = f"{JSON_TENSOR} AddValueToTensor"
_ITEM = f"{JSON_TENSOR} AddInstanceItem"
_OUT_ROWS = f"{JSON_TENSOR} MakeRowFormatJsonFromTensors"
_KERNEL = f"{PREDICT} RunPredict: Session::Run's own status"
_STRICTER = "stricter than TF Serving, which lets the graph's kernels find out, if they do"


def _signed(signature: str, **body) -> dict:
    return {"signature_name": signature, **body}


def _element(index: int, text: str, key: str = "") -> str:
    key = f" key: {key}" if key else ""
    return f"Failed to process element: {index}{key} of 'instances' list. Error: INVALID_ARGUMENT: {text}"


REQUESTS = [
    Row("no body", b"", 400, error("JSON Parse error: The document is empty"), _PARSE),
    Row("no JSON", b"{x", 400,
        error("JSON Parse error: Missing a name for object member. at offset: 1"), _PARSE),
    Row("cut off", b'{"instances": [1, 2', 400, starts("JSON Parse error: Missing a comma or "), _PARSE),
    Row("a value is missing", b'{"instances": [1, ]}', 400,
        starts("JSON Parse error: Invalid value. at offset: 1"), _PARSE),
    Row("bytes that are no UTF-8", b'{"instances": ["\xff"]}', 400,
        starts("JSON Parse error: Invalid encoding in string."), _PARSE),
    Row("half a surrogate pair", rb'{"signature_name": "\ud800", "instances": [1]}', 400,
        starts("JSON Parse error: The surrogate pair in string is invalid."), _PARSE),
    Row("a number over double", b'{"instances": [1e999]}', 400,
        starts("JSON Parse error: Number too big to be stored in double."), _PARSE),
    Row("nested a hundred thousand deep", b'{"instances": ' + b"[" * 100_000, 400,
        starts("JSON Parse error: "), _PARSE),
    Row("nested deeper than any tensor", b'{"instances": ' + b"[" * 200 + b"]" * 200 + b"}", 400,
        starts("Failed to process element: 0 of 'instances' list."), _FILL),
    Row("no object", [1, 2], 400, error("JSON Value: [1, 2] Is not object"), _PARSE),
    Row("signature_name is no string", {"signature_name": 1, "instances": [1]}, 400,
        error('JSON Value: {\n    "signature_name": 1,\n    "instances": [1]\n} not formatted correctly. '
              "'signature_name' key must be a string value."), f"{JSON_TENSOR} FormatSignatureError"),
    Row("neither instances nor inputs", {}, 400, error("Missing 'inputs' or 'instances' key"), _REQUEST),
    Row("both instances and inputs", {"instances": [1], "inputs": [1]}, 400,
        error('JSON Value: {\n    "instances": [1],\n    "inputs": [1]\n} Not formatted correctly expecting '
              "only one of 'inputs' or 'instances' keys to exist "), _REQUEST),
    Row("instances is no list", {"instances": 1}, 400,
        error("JSON Value: {\n    \"instances\": 1\n} Expecting 'instances' to be an list/array"), _REQUEST),
    Row("no instances", {"instances": []}, 400,
        error("JSON Value: {\n    \"instances\": []\n} No values in 'instances' array"), _REQUEST),
    Row("a long value is cut in the message", {"instances": {"x": list(range(1000))}}, 400,
        starts('JSON Value: {\n    "instances": {\n        "x": [0, 1, 2'),
        f"{JSON_TENSOR} JsonValueToDebugString"),

    Row("a list for several inputs", _signed("two", instances=[[1, 2]]), 400,
        error("instances is a plain list, but expecting list of objects as multiple input tensors required "
              "as per tensorinfo_map"), _ROWS),
    Row("a list among objects", {"instances": [{"x": [1, 2, 3]}, [1, 2, 3]]}, 400,
        error("Expecting object but got list at item 1 of input list"), _ROWS),
    Row("an object among lists", {"instances": [[1, 2, 3], {"x": [1, 2, 3]}]}, 400,
        error("Expecting value/list but got object at item 1 of input list"), _ROWS),
    Row("an input that is not the signature's", {"instances": [{"z": [1, 2, 3]}]}, 400,
        error(_element(0, "JSON object: does not have named input: z", "z")), _ITEM),
    Row("an input is missing", _signed("two", instances=[{"a": [1, 2]}]), 400,
        error("Failed to process element: 0 of 'instances' list. JSON object: "
              '{\n    "a": [1, 2]\n} keys must be equal to: a,b'), _ROWS),
    Row("instances of different sizes", _signed("any_rank", instances=[[1, 2, 3], [1, 2]]), 400,
        error(_element(1, "Expecting tensor size: 3 but got: 2")), _ITEM),
    Row("instances of different shapes", _signed("any_rank", instances=[[1, 2], [[1], [2]]]), 400,
        error(_element(1, "Expecting shape [2] but got: [2,1]")), _ITEM),
    Row("lists of different lengths", {"instances": [[[1, 2], [3]]]}, 400,
        error(_element(0, "Encountered list at unexpected size: 1 at level: 1 expected size: 2")), _FILL),
    Row("a number where a list was", {"instances": [[[1, 2], 3]]}, 400,
        error(_element(0, "JSON Value: 3 found at incorrect level: 2 in the JSON DOM. Expected at level: 2")),
        _FILL),
    Row("a list where a number was", {"instances": [[1, [2]]]}, 400,
        error(_element(0, "Encountered list at unexpected level: 1 expected < 1")), _FILL),
    Row("column form, a list for several inputs", _signed("two", inputs=[1]), 400,
        error("inputs is a plain value/list, but expecting an object as multiple input tensors required as "
              "per tensorinfo_map"), _COLUMNS),
    Row("column form, an input is missing", _signed("two", inputs={"a": [[1, 2]]}), 400,
        error("Missing named input: b in 'inputs' object."), _COLUMNS),

    Row("text for a float", {"instances": [["1.5", 2, 3]]}, 400,
        error(_element(0, 'JSON Value: "1.5" Type: String is not of expected type: float')), _ADD),
    Row("true for a float", {"instances": [[True, 2, 3]]}, 400,
        error(_element(0, "JSON Value: true Type: True is not of expected type: float")), _ADD),
    Row("null for a float", {"instances": [[None, 2, 3]]}, 400,
        error(_element(0, "JSON Value: null Type: Null is not of expected type: float")), _ADD),
    Row("an object for a float", _signed("identity", inputs=[{"b64": "aGk="}]), 400,
        error('JSON Value: {\n    "b64": "aGk="\n} Type: Object is not of expected type: float'), _FILL),
    Row("a decimal for an integer", _signed("successor", inputs=[1.0]), 400,
        error("JSON Value: 1.0 Type: Number is not of expected type: int64"), _ADD),
    Row("an integer over 64 bits", _signed("successor", inputs=[9223372036854775808]), 400,
        error("JSON Value: 9223372036854775808 Type: Number is not of expected type: int64"), _ADD),
    Row("an integer over 32 bits", _signed("int32", inputs=[2147483648]), 400,
        error("JSON Value: 2147483648 Type: Number is not of expected type: int32"), _ADD),
    Row("a number for a boolean", _signed("negate", inputs=[1]), 400,
        error("JSON Value: 1 Type: Number is not of expected type: bool"), _ADD),
    Row("a number for text", _signed("text", inputs=[1]), 400,
        error("JSON Value: 1 Type: Number is not of expected type: string"), _ADD),
    Row("an object that is no base64 value", _signed("text", inputs=[{"b64": 1}]), 400,
        error('JSON Value: {\n    "b64": 1\n} not formatted correctly for base64 data'),
        f"{JSON_TENSOR} Base64FormatError"),
    Row("base64 that is none", _signed("text", inputs=[{"b64": "*"}]), 400, error("Unable to base64 decode"),
        f"{JSON_TENSOR} JsonDecodeBase64Object"),
    Row("a type that JSON has no form for", _signed("half", inputs=[1.5]), 501,
        error("Conversion of JSON Value: 1.5 to type: half"), _ADD),
    Row("an output type that JSON has no form for", _signed("to_half", inputs=[1.5]), 400,
        error("Failed to write JSON value for tensor type: half"), f"{JSON_TENSOR} AddSingleValueAndAdvance"),
    Row("row form of a scalar output", _signed("scalar", instances=[1]), 400,
        error("Input tensor x has shape [1], the signature expects []"), _STRICTER),
    Row("row form of outputs of different batch sizes", _signed("uneven", instances=[1, 2]), 400,
        error("Tensor name: b has inconsistent batch size: 4 expecting: 2"), _OUT_ROWS),

    Row("a wrong inner dimension", {"instances": [[1, 2]]}, 400,
        error("Input tensor x has shape [1,2], the signature expects [?,3]"), _STRICTER),
    Row("a wrong rank", {"instances": [1, 2, 3]}, 400,
        error("Input tensor x has shape [3], the signature expects [?,3]"), _STRICTER),
    Row("a shape that only the kernel refuses", _signed("any_rank", instances=[[1, 2]]), 400,
        starts("Matrix size-incompatible: In[0]: [1,2], In[1]: [3,1]"), _KERNEL),
]  # fmt: skip
