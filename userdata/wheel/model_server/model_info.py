"""Answers about the model: status and metadata.

Follows tensorflow_serving/model_servers/get_model_status_impl.cc, ToJsonString of http_rest_api_util.cc, and
tensorflow_serving/servables/tensorflow/get_model_metadata_impl.cc.
"""

from __future__ import annotations

import inspect
from typing import Any

from google.protobuf import json_format

from .errors import invalid, not_found
from .manager import VersionManager
from .rest_path import Target

# The option's name changed in protobuf 5.26.
_PRINT_ALL = next(
    name
    for name in ("always_print_fields_with_no_presence", "including_default_value_fields")
    if name in inspect.signature(json_format.MessageToDict).parameters
)


def status(manager: VersionManager, target: Target) -> dict[str, Any]:
    """A label is not looked at: TF Serving answers with all versions."""
    if not target.name:
        raise invalid("Missing model name in request.")
    states = manager.states() if target.name == manager.model_name else {}
    if target.version is not None:
        if target.version not in states:
            raise not_found(f"Could not find version {target.version} of model {target.name}")
        states = {target.version: states[target.version]}
    elif not states:
        raise not_found(f"Could not find any versions of model {target.name}")
    return {
        "model_version_status": [
            {
                "version": str(version),
                "state": entry.state.name,
                "status": {"error_code": entry.error_code, "error_message": entry.error_message},
            }
            for version, entry in states.items()
        ]
    }


def metadata(manager: VersionManager, target: Target) -> dict[str, Any]:
    if not target.name:
        raise invalid("Missing model name in request.")
    with manager.servable(target.name, target.version, target.label) as servable:
        definitions = {
            name: json_format.MessageToDict(
                definition, preserving_proto_field_name=True, **{_PRINT_ALL: True}
            )
            for name, definition in sorted(servable.meta_graph.signature_def.items())
        }
        return {
            "model_spec": {
                "name": target.name,
                "signature_name": "",
                "version": str(servable.version),
            },
            "metadata": {"signature_def": {"signature_def": definitions}},
        }
