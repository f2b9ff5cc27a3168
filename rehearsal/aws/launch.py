"""Launching an instance from a launch template.

moto takes the template's image as text, so that `resolve:ssm:…` stays unresolved and the instance says
x86_64; it drops the template's instance profile, metadata options and security groups of network
interfaces, takes block devices beside a default one, and launches a group's instances with the tags of
version 1 whatever version the group names. EC2 takes all of it from the version asked for, refuses an
image of another architecture, and user data over 16 KB.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-launch-template.html#use-an-ssm-parameter-instead-of-an-ami-id
"""

from __future__ import annotations

import base64
from typing import Any

from moto.autoscaling.models import FakeAutoScalingGroup, InstanceState
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.instances import Instance, InstanceBackend, Reservation

from .bridge import replaces
from .parameters import ssm_value

MAX_USER_DATA_BYTES = 16_384


@replaces(InstanceBackend, "run_instances")
def run_instances(
    self: EC2Backend,
    image_id: str,
    count: int,
    user_data: Any,
    security_group_names: list[str],
    **kwargs: Any,
) -> Reservation:
    """RunInstances: what the request leaves open comes from the launch template's version."""
    template = kwargs.get("launch_template")
    data = self._get_template_from_args(template).data if template else {}
    kwargs["region_name"] = self.region_name
    user_data = user_data or data.get("UserData")
    _check_user_data(user_data)
    if data:
        kwargs["metadata_options"] = kwargs.get("metadata_options") or data.get("MetadataOptions", {})
        kwargs.setdefault("ebs_optimized", str(data.get("EbsOptimized", "")).lower() == "true")
        if data.get("BlockDeviceMappings"):
            kwargs.setdefault("block_device_mappings", _ebs(data["BlockDeviceMappings"]))
        for interface in data.get("NetworkInterfaces", []):
            if interface.get("Groups"):
                kwargs.setdefault("security_group_ids", interface["Groups"])
            if "AssociatePublicIpAddress" in interface:
                kwargs["associate_public_ip"] = interface["AssociatePublicIpAddress"]
        if kwargs.get("is_instance_type_default") and data.get("InstanceType"):
            kwargs.update(instance_type=data["InstanceType"], is_instance_type_default=False)

    image_id = resolve_image(self, image_id or data.get("ImageId", ""))
    _check_architecture(self, image_id, kwargs.get("instance_type"))
    reservation = run_instances.original(self, image_id, count, user_data, security_group_names, **kwargs)
    for instance in reservation.instances:
        _give_profile(self, instance, data.get("IamInstanceProfile", {}))
    return reservation


def _ebs(mappings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [mapping for mapping in mappings if "Ebs" in mapping]


def resolve_image(backend: EC2Backend, image_id: str) -> str:
    """The id that `resolve:ssm:NAME` stands for now."""
    if not image_id.startswith("resolve:ssm:"):
        return image_id
    return ssm_value(backend.account_id, backend.region_name, image_id.removeprefix("resolve:ssm:"))


def _check_user_data(user_data: Any) -> None:
    size = len(base64.b64decode(str(user_data))) if user_data else 0
    if size > MAX_USER_DATA_BYTES:
        raise EC2ClientError(
            "InvalidParameterValue", f"User data is limited to {MAX_USER_DATA_BYTES} bytes, got {size}"
        )


def _check_architecture(backend: EC2Backend, image_id: str, instance_type: str | None) -> None:
    image = backend.amis.get(image_id)
    if image is None:
        raise EC2ClientError("InvalidAMIID.NotFound", f"The image id '[{image_id}]' does not exist")
    known = backend.describe_instance_types([instance_type]) if instance_type else []
    supported = known[0]["ProcessorInfo"]["SupportedArchitectures"] if known else [image.architecture]
    if image.architecture not in supported:
        raise EC2ClientError(
            "InvalidParameterValue",
            f"The architecture '{','.join(supported)}' of the specified instance type does not match the "
            f"architecture '{image.architecture}' of the specified AMI. Specify an instance type and an AMI "
            "that have matching architectures, and try again.",
        )


def _give_profile(backend: EC2Backend, instance: Instance, profile: dict[str, str]) -> None:
    if profile:
        backend.associate_iam_instance_profile(instance.id, profile.get("Name"), profile.get("Arn"))
        attached = backend.iam_instance_profile_associations[instance.id].iam_instance_profile
        instance.iam_instance_profile = {"Arn": attached.arn, "Id": attached.id}


@replaces(FakeAutoScalingGroup, "replace_autoscaling_group_instances")
def launch(self: FakeAutoScalingGroup, count_needed: int, propagated_tags: dict[str, str]) -> None:
    """Add instances to a group, from the launch template version the group has now."""
    if self.ec2_launch_template is None:
        launch.original(self, count_needed, propagated_tags)
        return
    version = self.ec2_launch_template.get_version(self.launch_template_version)
    tags = {**version.instance_tags, **propagated_tags, "aws:autoscaling:groupName": self.name}
    subnets = self.vpc_zone_identifier.split(",") if self.vpc_zone_identifier else [None]
    for index in range(count_needed):
        subnet = subnets[(len(self.instance_states) + index) % len(subnets)]
        reservation = self.ec2_backend.run_instances(
            "",
            1,
            version.user_data,
            version.security_groups,
            instance_type=version.instance_type,
            is_instance_type_default=False,
            tags={"instance": tags},
            placement=None if subnet else self.availability_zones[0],
            launch_template={"LaunchTemplateId": self.ec2_launch_template.id, "Version": version.number},
            subnet_id=subnet,
            associate_public_ip=None,
        )
        [instance] = reservation.instances
        instance.autoscaling_group = self
        self.instance_states.append(
            InstanceState(instance, protected_from_scale_in=self.new_instances_protected_from_scale_in)
        )


@replaces(InstanceState, "launch_template")
@property
def launched_from(self: InstanceState) -> dict[str, Any] | None:
    """The version an instance was launched from: moto reports the template's default version for all."""
    template = self.auto_scaling_group.ec2_launch_template if self.auto_scaling_group else None
    if template is None:
        return None
    tags = {tag["key"]: tag["value"] for tag in self.instance.get_tags()}
    version = tags.get("aws:ec2launchtemplate:version", str(template.default_version_number))
    return {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "Version": version}
