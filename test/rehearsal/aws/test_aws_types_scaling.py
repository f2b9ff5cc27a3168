"""What belongs to an Auto Scaling group: types that moto lacks or makes in part, seen through their APIs."""

import base64

from aws_templates import server
from stack_checks import made, resource, updated


def test_scaling_policies_and_lifecycle_hooks(aws):
    autoscaling = aws.client("autoscaling")
    group = {"AutoScalingGroupName": {"Ref": "Group"}}
    target = {
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
        "TargetValue": 50,
    }
    stack = made(
        aws,
        {
            **server(),
            "Scaling": resource(
                "AutoScaling::ScalingPolicy",
                PolicyType="TargetTrackingScaling",
                TargetTrackingConfiguration=target,
                **group,
            ),
            "Hook": resource(
                "AutoScaling::LifecycleHook",
                LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
                **group,
            ),
        },
    )
    name = stack.physical_id("Group")
    [policy] = autoscaling.describe_policies(AutoScalingGroupName=name)["ScalingPolicies"]
    assert policy["TargetTrackingConfiguration"]["TargetValue"] == 50
    [hook] = autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=name)["LifecycleHooks"]
    assert hook["LifecycleHookName"] == stack.physical_id("Hook")
    updated(stack, server())
    assert autoscaling.describe_policies(AutoScalingGroupName=name)["ScalingPolicies"] == []
    assert autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=name)["LifecycleHooks"] == []


def test_user_data_survives_join_and_base64(aws):
    """As the CDK writes it: pieces of script around references."""
    text = ["#!/bin/bash\nexport GTF_REGION='", {"Ref": "AWS::Region"}, '\'\necho "$$ ${HOME} $(id)"\n']
    stack = made(aws, server(UserData={"Fn::Base64": {"Fn::Join": ["", text]}}))
    assert stack.user_data == "#!/bin/bash\nexport GTF_REGION='us-west-2'\necho \"$$ ${HOME} $(id)\"\n"
    assert base64.b64encode(stack.user_data.encode())
