"""Auto Scaling: policies and lifecycle hooks, which moto's CloudFormation lacks.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_AutoScaling.html
"""

from __future__ import annotations

from .thin import ThinModel


class ScalingPolicy(ThinModel):
    resource_type = "AWS::AutoScaling::ScalingPolicy"
    policy_name = ""

    def put(self) -> None:
        self.policy_name = self.policy_name or self.physical_resource_id
        self.call("autoscaling", "PutScalingPolicy", PolicyName=self.policy_name, **self.properties)
        group = self.properties["AutoScalingGroupName"]
        # moto's answer to the put lacks the ARN.
        known = self.call(
            "autoscaling", "DescribePolicies", AutoScalingGroupName=group, PolicyNames=[self.policy_name]
        )
        self.physical_resource_id = known["ScalingPolicies"][0]["PolicyARN"]

    def remove(self) -> None:
        group = self.properties["AutoScalingGroupName"]
        self.call("autoscaling", "DeletePolicy", AutoScalingGroupName=group, PolicyName=self.policy_name)

    def get_cfn_attribute(self, name: str) -> str:
        return {"Arn": self.physical_resource_id, "PolicyName": self.policy_name}[name]


class LifecycleHook(ThinModel):
    resource_type = "AWS::AutoScaling::LifecycleHook"
    name_property = "LifecycleHookName"

    def put(self) -> None:
        name = self.physical_resource_id
        self.call("autoscaling", "PutLifecycleHook", LifecycleHookName=name, **self.but("LifecycleHookName"))

    def remove(self) -> None:
        group, name = self.properties["AutoScalingGroupName"], self.physical_resource_id
        self.call("autoscaling", "DeleteLifecycleHook", AutoScalingGroupName=group, LifecycleHookName=name)
