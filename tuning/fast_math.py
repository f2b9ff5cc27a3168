"""oneDNN's BF16 fast math as a server of ours has it, on or off: changes to a process's environment."""

from __future__ import annotations

# oneDNN reads ONEDNN_* before DNNL_*; TensorFlow's own variable overrides both where its build knows it.
OFF: dict[str, str | None] = {
    "ONEDNN_DEFAULT_FPMATH_MODE": None,
    "DNNL_DEFAULT_FPMATH_MODE": None,
    "TF_SET_ONEDNN_FPMATH_MODE": None,
}
"""None takes a variable out."""
ON = {**OFF, "DNNL_DEFAULT_FPMATH_MODE": "BF16"}
