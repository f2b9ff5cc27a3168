"""A SavedModel: loaded, its signatures, and requests that it can answer."""
