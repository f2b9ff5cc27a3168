"""Conformance: paths, models, versions, signatures, status."""

from row import (
    BASIC_MANAGER,
    CLASSIFIER,
    HANDLER,
    HTTP_SERVER,
    JSON_TENSOR,
    PATHS,
    REGRESSOR,
    SERVER_CORE,
    STATUS,
    Row,
    error,
    starts,
)

_GOOD = {"instances": [[1, 2, 3]]}
_ANSWER = {"predictions": [[3, 5, 7]]}
_AVAILABLE = {
    "model_version_status": [
        {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    ]
}
_NOT_FOUND = f"{BASIC_MANAGER} GetUntypedServableHandle"
_PARSE = f"{PATHS} ParseModelInfo"
_MALFORMED = f"{HANDLER} ProcessRequest"
_EXAMPLES = f"{JSON_TENSOR} FillClassifyRegressRequestFromJson"
_LABEL = f"{SERVER_CORE} GetModelVersionForLabel"


def _get(name: str, path: str, status: int, expected, source: str) -> Row:
    return Row(name, None, status, expected, source, path, "GET")


MODELS = [
    Row("a version by number", _GOOD, 200, _ANSWER, _PARSE, "/versions/1:predict"),
    Row("the path in other case", _GOOD, 200, _ANSWER, f"{PATHS} kPredictionApiGegex",
        "/V1/Models/every:predict"),
    Row("a percent-encoded name", _GOOD, 200, _ANSWER, f"{PATHS} DecodeArg", "/v1/models/%65very:predict"),
    Row("an unknown model", _GOOD, 404, error("Servable not found for request: Latest(nope)"), _NOT_FOUND,
        "/v1/models/nope:predict"),
    Row("an unknown version", _GOOD, 404, error("Servable not found for request: Specific(every, 7)"),
        _NOT_FOUND, "/versions/7:predict"),
    Row("a version over 64 bits", _GOOD, 400,
        error("Failed to convert version: 99999999999999999999 to numeric."), _PARSE,
        "/versions/99999999999999999999:predict"),
    Row("a version that is no number", _GOOD, 400,
        error("Malformed request: POST /v1/models/every/versions/x:predict"), _MALFORMED,
        "/versions/x:predict"),
    Row("a label, when none is configured", _GOOD, 400,
        error("Unrecognized servable version label: canary"), _LABEL, "/labels/canary:predict"),
    Row("no JSON, for an unknown model", b"{", 400, starts("JSON Parse error: "),
        f"{HANDLER} ProcessPredictRequest: the body is parsed first", "/v1/models/nope:predict"),
    Row("an unknown signature", {"signature_name": "nope", **_GOOD}, 400,
        error('Serving signature name: "nope" not found in signature def'), f"{HANDLER} GetInfoMap"),
    Row("a signature without inputs", {"signature_name": "__saved_model_init_op", **_GOOD}, 400,
        error("Failed to get input map for signature: __saved_model_init_op"),
        f"{JSON_TENSOR} FillPredictRequestFromJson"),
    Row("an unknown method", _GOOD, 400, error("Malformed request: POST /v1/models/every:explain"),
        _MALFORMED, ":explain"),
    Row("the method in other case", _GOOD, 400, error("Malformed request: POST /v1/models/every:PREDICT"),
        _MALFORMED, ":PREDICT"),
    _get("predict by GET", ":predict", 400, error("Malformed request: GET /v1/models/every:predict"),
         _MALFORMED),
    Row("status by POST", {}, 400, error("Malformed request: POST /v1/models/every"), _MALFORMED, ""),
    Row("another verb", None, 400, error("Malformed request: DELETE /v1/models/every"), _MALFORMED, "",
        "DELETE"),
    Row("preflight without an origin", None, 400, error("Origin header is missing in CORS preflight"),
        f"{HTTP_SERVER} ProcessRequest", ":predict", "OPTIONS"),

    _get("status", "", 200, _AVAILABLE, f"{STATUS} GetModelStatusWithModelSpec"),
    _get("status of a version", "/versions/1", 200, _AVAILABLE, f"{STATUS} GetModelStatusWithModelSpec"),
    _get("status by label is that of all versions", "/labels/canary", 200, _AVAILABLE,
         f"{STATUS} GetModelStatusWithModelSpec"),
    _get("status of an unknown version", "/versions/7", 404, error("Could not find version 7 of model every"),
         f"{STATUS} GetModelStatusWithModelSpec"),
    _get("status of an unknown model", "/v1/models/nope", 404,
         error("Could not find any versions of model nope"), f"{STATUS} GetModelStatusWithModelSpec"),
    _get("status without a model", "/v1/models", 400, error("Missing model name in request."),
         f"{HANDLER} ProcessModelStatusRequest"),
    _get("metadata without a model", "/v1/models/metadata", 404,
         error("Could not find any versions of model metadata"), f"{PATHS} kModelStatusApiRegex"),
    _get("metadata of an unknown model", "/v1/models/nope/metadata", 404,
         error("Servable not found for request: Latest(nope)"), _NOT_FOUND),
    _get("metadata of an unknown version", "/versions/7/metadata", 404,
         error("Servable not found for request: Specific(every, 7)"), _NOT_FOUND),
    _get("metadata by label", "/labels/canary/metadata", 400,
         error("Unrecognized servable version label: canary"), _LABEL),
    _get("a path that is not the API's", "/v1beta/models", 404, error("Not found: /v1beta/models"),
         f"{HTTP_SERVER} Dispatch: net_http answers 404 itself, in HTML"),

    Row("classify, not the signature's method", {"examples": [{"x": 1.0}]}, 400,
        error("Expected classification signature method_name to be tensorflow/serving/classify. "
              "Was: tensorflow/serving/predict"), f"{CLASSIFIER} GetClassificationSignatureDef", ":classify"),
    Row("regress, not the signature's method", {"examples": [{"x": 1.0}]}, 400,
        error("Expected regression signature method_name to be tensorflow/serving/regress. "
              "Was: tensorflow/serving/predict"), f"{REGRESSOR} GetRegressionSignatureDef", ":regress"),
    Row("classify with an unknown signature", {"signature_name": "nope", "examples": [{"x": 1.0}]}, 400,
        error("No signature was found with the name: nope"), f"{CLASSIFIER} GetClassificationSignatureDef",
        ":classify"),
    Row("regress for an unknown model", {"examples": [{"x": 1.0}]}, 404,
        error("Servable not found for request: Latest(nope)"), _NOT_FOUND, "/v1/models/nope:regress"),
    Row("classify without examples", {}, 400,
        error("JSON Value: {} When method is classify, key 'examples' is expected and was not found"),
        _EXAMPLES, ":classify"),
    Row("classify with no example", {"examples": []}, 400,
        error("JSON Value: {\n    \"examples\": []\n} 'examples' value is an empty array"), _EXAMPLES,
        ":classify"),
    Row("regress with an example that is no object", {"examples": [1]}, 400,
        error("Example must be JSON object but got JSON Number"), f"{JSON_TENSOR} MakeExampleFromJsonObject",
        ":regress"),
]  # fmt: skip
