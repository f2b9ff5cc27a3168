"""Auto Scaling groups: created with CloudFormation's tags, updated in place, instances rolled.

moto answers any change of a group by deleting and making it again, under another name, and leaves the
group alone when only its launch template has a new version. CloudFormation changes the group, and if it
has `UpdatePolicy.AutoScalingRollingUpdate` replaces the instances that are not of its launch template's
version (or not in its subnets), a batch at a time, never fewer than MinInstancesInService.

The wait for each new instance's signal is said in the events and not made: see stacks.py.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
"""

from __future__ import annotations

from typing import Any

from moto.autoscaling.models import FakeAutoScalingGroup, InstanceState, autoscaling_backends
from moto.cloudformation.models import cloudformation_backends

from .bridge import replaces
from .provisioning import RUNNING


@replaces(FakeAutoScalingGroup, "create_from_cloudformation_json")
@classmethod
def create_group(
    cls: type[FakeAutoScalingGroup],
    name: str,
    definition: dict[str, Any],
    account_id: str,
    region: str,
    **kwargs: str,
) -> FakeAutoScalingGroup:
    properties = definition["Properties"]
    stack_id, logical_id = kwargs["StackId"], kwargs["LogicalId"]
    stack = cloudformation_backends[account_id][region].get_stack(stack_id)
    properties["Tags"] = _tags(properties, stack.name, stack_id, logical_id)
    return create_group.__func__.original(name, definition, account_id, region, **kwargs)


def _tags(
    properties: dict[str, Any], stack_name: str, stack_id: str, logical_id: str
) -> list[dict[str, Any]]:
    own = {
        "aws:cloudformation:stack-name": stack_name,
        "aws:cloudformation:stack-id": stack_id,
        "aws:cloudformation:logical-id": logical_id,
    }
    tags = [{"Key": key, "Value": value, "PropagateAtLaunch": True} for key, value in own.items()]
    return [*properties.get("Tags", []), *tags]


@replaces(FakeAutoScalingGroup, "update_from_cloudformation_json")
@classmethod
def update_group(
    cls: type[FakeAutoScalingGroup],
    original_resource: FakeAutoScalingGroup,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
    **_: Any,
) -> FakeAutoScalingGroup:
    group, properties = original_resource, cloudformation_json["Properties"]
    provisioning = RUNNING.get()
    made, stack = provisioning.current, provisioning.stack
    group.tags = _tags(properties, stack.name, stack.stack_id, made.logical_id)
    desired = properties.get("DesiredCapacity")
    autoscaling_backends[account_id][region_name].update_auto_scaling_group(
        name=group.name,
        availability_zones=properties.get("AvailabilityZones", []),
        desired_capacity=int(desired) if desired is not None else None,
        max_size=int(properties["MaxSize"]),
        min_size=int(properties["MinSize"]),
        launch_config_name=properties.get("LaunchConfigurationName"),
        launch_template=properties.get("LaunchTemplate", {}),
        vpc_zone_identifier=",".join(properties.get("VPCZoneIdentifier", [])),
        health_check_period=properties.get("HealthCheckGracePeriod"),
        health_check_type=properties.get("HealthCheckType"),
        new_instances_protected_from_scale_in=properties.get("NewInstancesProtectedFromScaleIn"),
        mixed_instances_policy=properties.get("MixedInstancesPolicy"),
    )
    policy = made.update_policy.get("AutoScalingRollingUpdate")
    if policy is not None:
        _roll(group, policy, lambda reason: provisioning.note(made, reason))
    return group


def _roll(group: FakeAutoScalingGroup, policy: dict[str, Any], note: Any) -> None:
    obsolete = [state for state in group.instance_states if _is_obsolete(group, state)]
    if not obsolete:
        return
    in_service = int(policy.get("MinInstancesInService", 0))
    batch = int(policy.get("MaxBatchSize", 1))
    waits = str(policy.get("WaitOnResourceSignals", False)).lower() == "true"
    timeout = policy.get("PauseTime", "PT5M" if waits else "PT0S")
    note(
        f"Rolling update initiated. Terminating {len(obsolete)} obsolete instance(s) in batches of {batch}"
        + (f", while keeping at least {in_service} instance(s) in service." if in_service else ".")
        + (
            f" Waiting on resource signals with a timeout of {timeout} when new instances are added to the "
            "autoscaling group."
            if waits
            else ""
        )
    )
    total, replaced = len(obsolete), 0
    while obsolete:
        retiring, obsolete = obsolete[:batch], obsolete[batch:]
        # New ones come first where the instances that must stay in service leave no room for fewer.
        first = len(group.instance_states) - len(retiring) < in_service
        if first:
            size = len(group.instance_states) + len(retiring)
            note(f"Temporarily setting autoscaling group MinSize and DesiredCapacity to {size}.")
            _launch(group, len(retiring), waits, timeout, note)
        _terminate(group, retiring)
        replaced += len(retiring)
        names = ",".join(state.instance.id for state in retiring)
        note(f"Successfully terminated instance(s) [{names}] (Progress {100 * replaced // total}%).")
        if not first:
            _launch(group, len(retiring), waits, timeout, note)


def _is_obsolete(group: FakeAutoScalingGroup, state: InstanceState) -> bool:
    subnets = group.vpc_zone_identifier.split(",") if group.vpc_zone_identifier else []
    if subnets and state.instance.subnet_id not in subnets:
        return True
    template = state.launch_template
    if template is None:
        return False
    wanted = group.ec2_launch_template.get_version(group.launch_template_version).number
    return (template["LaunchTemplateId"], template["Version"]) != (group.ec2_launch_template.id, str(wanted))


def _launch(group: FakeAutoScalingGroup, count: int, waits: bool, timeout: str, note: Any) -> None:
    group.replace_autoscaling_group_instances(count, group.get_propagated_tags())
    wait = f" - Waiting on {count} resource signal(s) with a timeout of {timeout}" if waits else ""
    note(f"New instance(s) added to autoscaling group{wait}.")


def _terminate(group: FakeAutoScalingGroup, states: list[InstanceState]) -> None:
    group.ec2_backend.terminate_instances([state.instance.id for state in states])
    group.instance_states = [state for state in group.instance_states if state not in states]
    backend = group.autoscaling_backend
    backend.update_attached_elbs(group.name)
    backend.update_attached_target_groups(group.name)
