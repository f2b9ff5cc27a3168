"""Conformance with batching on: what is answered otherwise than without.

The scheduler's own words are in tensorflow/core/kernels/batching_util/shared_batch_scheduler.h, which TF
Serving takes from TensorFlow.
"""

from row import BATCHING_SESSION, BATCHING_UTIL, Row, error, starts

_SIZE = f"{BATCHING_UTIL} ComputeTensorBatchSize"
_MERGE = f"{BATCHING_SESSION} MergeInputTensors"
_SPLIT = f"{BATCHING_SESSION} SplitOutputTensors"
_SCHEDULE = f"{BATCHING_SESSION} InternalRun: BatchScheduler::Schedule's own status"
_RUN = f"{BATCHING_SESSION} ProcessBatch: Session::Run's own status"
_BETTER = "kinder than TF Serving, which "
_NO_BATCH = "Batching Run() input tensors must have at least one dimension"
_UNEVEN = (
    "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of the input "
    "tensors"
)


def _signed(signature: str, **body) -> dict:
    return {"signature_name": signature, **body}


BATCHING = [
    Row("two rows, padded to eight", {"instances": [[1, 2, 3], [4, 5, 6]]}, 200,
        {"predictions": [[3, 5, 7], [9, 11, 13]]}, _MERGE),
    Row("as many rows as an allowed size", _signed("successor", instances=list(range(8))), 200,
        {"predictions": list(range(1, 9))}, _MERGE),
    Row("as many rows as a batch may have", _signed("successor", inputs=list(range(64))), 200,
        {"outputs": list(range(1, 65))}, _MERGE),
    Row("text, padded", _signed("text", instances=["a", "b", "c"]), 200,
        {"predictions": ["a", "b", "c"]}, _MERGE),
    Row("several inputs, padded", _signed("two", inputs={"b": [5, 6], "a": [[1, 2], [3, 4]]}), 200,
        {"outputs": {"total": [3, 7], "twice": [10, 12]}}, _MERGE),
    Row("more rows than a batch may have", _signed("successor", inputs=[1] * 65), 400,
        error("Task size 65 is larger than maximum input batch size 64"), _SCHEDULE),
    Row("inputs that disagree in dimension 0", _signed("two", inputs={"a": [[1, 2]], "b": [1, 2]}), 400,
        error("Batching Run() input tensors must have equal 0th-dimension size"), _SIZE),
    Row("a scalar input", _signed("scalar", inputs=1), 400, error(_NO_BATCH), _SIZE),
    Row("a scalar for any rank", _signed("any_rank", inputs=1), 400, error(_NO_BATCH), _SIZE),
    Row("a scalar output", _signed("total", inputs=[1, 2]), 400,
        error("Batched output tensor has 0 dimensions"), _SPLIT),
    Row("an output with another dimension 0", _signed("uneven", inputs=[1, 2]), 400, error(_UNEVEN), _SPLIT),
    Row("a value that the kernel refuses", _signed("lookup", inputs=[0, 9]), 400,
        starts("indices[1] = 9 is not in [0, 3)"), _RUN),
    Row("a fixed dimension 0", _signed("pair", inputs=[1, 2]), 200, {"outputs": [1, 2]},
        _BETTER + "feeds the graph more rows than it was exported for"),
    Row("no rows", _signed("successor", inputs=[]), 200, {"outputs": []},
        _BETTER + "lets such a request wait until others fill its batch"),
]  # fmt: skip
