"""Bodies of :predict requests, made from a model's signature or from the request it brings along."""

# Fewer numbers would misjudge no kernel; more would be slow to send and to parse.
MOST_NUMBERS = 4000000
VALUES = {"DT_STRING": "graviton", "DT_BOOL": True, "DT_FLOAT": 0.5, "DT_DOUBLE": 0.5, "DT_HALF": 0.5, "DT_BFLOAT16": 0.5}


class NoRequest(Exception):
    """Why none can be made, in a sentence."""


def signature_of(metadata):
    """(name, inputs) of serving_default, else of the first that predicts."""
    signatures = metadata.get("metadata", {}).get("signature_def", {}).get("signature_def", {})
    named = sorted(signatures.items(), key=lambda item: (item[0] != "serving_default", item[0]))
    for name, signature in named:
        if signature.get("inputs") and signature.get("method_name") == "tensorflow/serving/predict":
            return name, signature["inputs"]
    raise NoRequest("the model's metadata has no signature for :predict")


def shape_of(tensor):
    """Its dimensions, None where one is unknown."""
    sizes = [int(dimension["size"]) for dimension in tensor["tensor_shape"].get("dim", [])]
    if tensor["tensor_shape"].get("unknown_rank"):
        return [None]
    return [size if size >= 0 else None for size in sizes]


def guess(shape, at):
    """A likely size of an unknown dimension: an image's sides or channels, a sequence's length."""
    if len(shape) < 4:
        return 128
    return 3 if at == len(shape) - 1 else 224


def from_signature(metadata, batch):
    """(body, batch, notes): the batch is the model's own where that is fixed, or as many as may be sent."""
    name, inputs = signature_of(metadata)
    shapes, notes = {}, []
    for key, tensor in inputs.items():
        shape = shape_of(tensor)
        shapes[key] = [size if size is not None else guess(shape, at) for at, size in enumerate(shape)]
        if None in shape[1:]:
            notes.append(f"unknown dimensions of {key} taken as {shapes[key][1:]}")
        if shape and shape[0] is None:
            shapes[key][0] = None
        elif shape:
            batch = shape[0]
    row = sum(product(shape[1:]) for shape in shapes.values())
    if row * batch > MOST_NUMBERS:
        batch = max(1, MOST_NUMBERS // row)
        notes.append(f"batch {batch}: more would be a request of over {MOST_NUMBERS} numbers")
    values = {key: VALUES.get(inputs[key]["dtype"], 1) for key in inputs}
    tensors = {key: filled(values[key], [size or batch for size in shape]) for key, shape in shapes.items()}
    return {"signature_name": name, "inputs": tensors}, batch, notes


def product(sizes):
    total = 1
    for size in sizes:
        total *= size
    return total


def filled(value, shape):
    for size in reversed(shape):
        value = [value] * size
    return value


def rows_of(body):
    """How many rows the request has, or None where its inputs do not agree on it."""
    inputs = body.get("instances", body.get("inputs"))
    lengths = {len(one) if isinstance(one, list) else 0 for one in (inputs.values() if isinstance(inputs, dict) else [inputs])}
    return lengths.pop() or None if len(lengths) == 1 else None


def with_rows(body, batch):
    """The same request with its rows repeated, or cut, to that many."""

    def repeated(rows):
        return (rows * (batch // len(rows) + 1))[:batch]

    key = "instances" if "instances" in body else "inputs"
    if isinstance(body[key], dict):
        return dict(body, **{key: {name: repeated(rows) for name, rows in body[key].items()}})
    return dict(body, **{key: repeated(body[key])})
