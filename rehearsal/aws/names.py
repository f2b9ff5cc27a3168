"""Names that CloudFormation makes up.

moto's have no upper limit but for load balancers and buckets, so a long stack name gives a role name that
IAM would refuse. AWS shortens what comes before the random suffix.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.cloudformation import parsing
from moto.cloudformation.utils import random_suffix

if TYPE_CHECKING:
    from .resources import Definition

LONGEST = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": 32,
    "AWS::ElasticLoadBalancingV2::TargetGroup": 32,
    "AWS::IAM::Role": 64,
    "AWS::S3::Bucket": 63,
}


def physical_name(logical_id: str, wanted: Definition, resources: parsing.ResourceMap) -> str:
    """The name the template gives, else one from stack name, logical id and a random suffix."""
    given = wanted.properties.get(wanted.model.cloudformation_name_type() or "")
    if given:
        return given
    suffix = random_suffix()
    prefix = f"{resources['AWS::StackName']}-{logical_id}"
    prefix = prefix[: LONGEST.get(wanted.type, 128) - len(suffix) - 1].rstrip("-")
    name = f"{prefix}-{suffix}"
    return name.lower() if wanted.type == "AWS::S3::Bucket" else name
