"""Machine images: the public parameters that name them, and the images themselves.

moto knows Amazon's own parameters and images as of its release, none of Canonical's, and takes an instance
of an image that it does not know for x86_64. `/aws/*` cannot be put through the API, here as in AWS, so
what lacks is seeded in process, with an image behind it.

https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html
"""

from __future__ import annotations

import hashlib

from moto.core.utils import utcnow
from moto.ec2 import ec2_backends
from moto.ec2.models.amis import Ami
from moto.ssm import ssm_backends
from moto.ssm.models import Parameter, ParameterDict

from .bridge import replaces

_AMAZON = "/aws/service/ami-amazon-linux-latest"
_CANONICAL = "/aws/service/canonical/ubuntu/server"
_DEEP_LEARNING = "/aws/service/deeplearning/ami/arm64"

ARM64_PARAMETERS = (
    f"{_AMAZON}/al2023-ami-kernel-6.1-arm64",
    f"{_AMAZON}/al2023-ami-kernel-6.12-arm64",
    f"{_AMAZON}/al2023-ami-kernel-default-arm64",
    f"{_AMAZON}/al2023-ami-minimal-kernel-default-arm64",
    f"{_AMAZON}/amzn2-ami-hvm-arm64-gp2",
    f"{_AMAZON}/amzn2-ami-kernel-5.10-hvm-arm64-gp2",
    f"{_CANONICAL}/20.04/stable/current/arm64/hvm/ebs-gp2/ami-id",
    f"{_CANONICAL}/22.04/stable/current/arm64/hvm/ebs-gp2/ami-id",
    f"{_CANONICAL}/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id",
    "/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id",
    f"{_DEEP_LEARNING}/base-oss-nvidia-driver-gpu-amazon-linux-2023/latest/ami-id",
)


@replaces(ParameterDict, "_check_loading_status")
def load_public_parameters(self: ParameterDict, key: str) -> None:
    """What moto loads, then whatever it lacks of the above."""
    load_public_parameters.original(self, key)
    name = str(key or "")
    if not name.startswith("/aws/service/") or getattr(self, "seeded", False):
        return
    self.seeded = True
    for known in ARM64_PARAMETERS:
        if known not in self:
            # Stable for a name and a region, and no image of anyone's.
            digest = hashlib.sha256(f"{self.region_name}{known}".encode()).hexdigest()
            move(self.account_id, self.region_name, known, f"ami-{digest[:17]}", self)


def move(
    account_id: str, region: str, name: str, value: str, parameters: ParameterDict | None = None
) -> None:
    """Point a parameter, public ones included, at another value, as AWS does when it publishes an image."""
    parameters = ssm_backends[account_id][region]._parameters if parameters is None else parameters
    versions = parameters[name]
    versions.append(
        Parameter(
            account_id=account_id,
            name=name,
            value=value,
            parameter_type="String",
            description=None,
            allowed_pattern=None,
            keyid=None,
            last_modified_date=utcnow(),
            version=versions[-1].version + 1 if versions else 1,
            data_type="aws:ec2:image",
        )
    )
    if value.startswith("ami-"):
        ensure_image(account_id, region, value)


def ensure_image(account_id: str, region: str, image_id: str) -> None:
    """An arm64 image of this id, unless there is one."""
    backend = ec2_backends[account_id][region]
    if image_id not in backend.amis:
        backend.amis[image_id] = Ami(
            backend,
            image_id,
            name=f"embedded-aws-{image_id}",
            owner_alias="amazon",
            public=True,
            virtualization_type="hvm",
            architecture="arm64",
            root_device_name="/dev/xvda",
            root_device_type="ebs",
            hypervisor="xen",
            region_name=f"{region}a",
        )
