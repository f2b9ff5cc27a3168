"""KMS keys whose policy is the text that KMS itself keeps.

moto's CloudFormation stores the template's object, and answers every later look at the key with HTTP 500.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.kms.models import Key

from ..bridge import replaces


@replaces(Key, "create_from_cloudformation_json")
@classmethod
def create_key(
    cls: type[Key], name: str, definition: dict[str, Any], account_id: str, region: str, **kwargs: Any
) -> Key:
    policy = definition["Properties"].get("KeyPolicy")
    definition["Properties"]["KeyPolicy"] = json.dumps(policy) if isinstance(policy, dict) else policy
    return create_key.__func__.original(name, definition, account_id, region, **kwargs)
