"""Bodies of :predict requests: from a model's signature, or from the request that it brings along."""

# Fewer numbers misjudge no kernel; more take long to send and to parse.
MOST_NUMBERS = 4000000
# Other types are whole numbers.
VALUES = {"STRING": "graviton", "BOOL": True, "FLOAT": 0.5, "DOUBLE": 0.5, "HALF": 0.5, "BFLOAT16": 0.5}


class NoEvidence(Exception):
    """Why, in a sentence."""


def shape_of(tensor):
    """Its sizes; an unknown one is None first, which is the batch, and a likely one elsewhere."""
    shape = tensor["tensor_shape"]
    sizes = [int(dimension["size"]) for dimension in shape.get("dim", [])]
    # An image's side and channels, or a sequence's length.
    likely = [224] * (len(sizes) - 1) + [3] if len(sizes) > 3 else [128] * len(sizes)
    sizes = [size if size >= 0 else likely[at] * (at > 0) or None for at, size in enumerate(sizes)]
    return [None] if shape.get("unknown_rank") else sizes


def filled(value, shape):
    for size in reversed(shape):
        value = [value] * size
    return value


def from_signature(metadata, batch):
    """(body, batch); the batch is another where the model has it fixed, or a request would be too large."""
    signatures = metadata.get("metadata", {}).get("signature_def", {}).get("signature_def", {})
    for name in sorted(signatures, key=lambda name: (name != "serving_default", name)):
        inputs = signatures[name].get("inputs")
        if inputs and signatures[name].get("method_name") == "tensorflow/serving/predict":
            break
    else:
        raise NoEvidence("the model's metadata has no signature for :predict")
    shapes = {key: shape_of(tensor) for key, tensor in inputs.items()}
    batch = next((shape[0] for shape in shapes.values() if shape and shape[0]), batch)
    numbers = 0
    for shape in shapes.values():
        row = 1
        for size in shape[1:]:
            row *= size
        numbers += row
    batch = max(1, min(batch, MOST_NUMBERS // max(1, numbers)))
    tensors = {}
    for key, shape in shapes.items():
        value = VALUES.get(inputs[key]["dtype"][3:], 1)
        tensors[key] = filled(value, [size or batch for size in shape])
    return {"signature_name": name, "inputs": tensors}, batch


def with_rows(body, batch):
    """(body, batch): the request with its rows repeated, or cut, to that many; 0 leaves them."""
    key = "instances" if "instances" in body else "inputs"
    tensors = body[key] if isinstance(body[key], dict) else {"": body[key]}
    counts = {len(rows) if isinstance(rows, list) else 0 for rows in tensors.values()}
    rows = counts.pop()
    if counts or not rows:
        # Inputs that do not agree on what a row is.
        return body, 1
    batch = batch or rows
    tensors = {name: (value * (batch // rows + 1))[:batch] for name, value in tensors.items()}
    return dict(body, **{key: tensors.get("", tensors)}), batch
