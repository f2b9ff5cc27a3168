"""Small hand-written resources for the tests' templates."""

from __future__ import annotations

import base64
from typing import Any

AL2023 = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-arm64"


def sub(text: str) -> dict[str, Any]:
    return {"Fn::Sub": text}


def attribute(logical_id: str, name: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [logical_id, name]}


def log_group(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Logs::LogGroup", "Properties": properties}


def role(*statements: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """A role for instances with these statements inline."""
    policies = [{"PolicyName": "inline", "PolicyDocument": document(*statements)}] if statements else []
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": document(
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "ec2.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ),
            "Policies": policies,
            **properties,
        },
    }


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str | list[str], resource: Any = "*", **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def server(user_data: str = "#!/bin/bash\necho one\n", rolling: bool = True, **launch: Any) -> dict[str, Any]:
    """A group of one in a network of its own, as the product's template has it."""
    policy = {"AutoScalingRollingUpdate": {"MinInstancesInService": 1, "WaitOnResourceSignals": True}}
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24"},
        },
        "Role": role(),
        "Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Ref": "Role"}]}},
        "Template": {
            "Type": "AWS::EC2::LaunchTemplate",
            "Properties": {
                "LaunchTemplateData": {
                    "ImageId": f"resolve:ssm:{AL2023}",
                    "InstanceType": "c7g.xlarge",
                    "IamInstanceProfile": {"Arn": attribute("Profile", "Arn")},
                    "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
                    "TagSpecifications": [
                        {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "server"}]}
                    ],
                    "UserData": base64.b64encode(user_data.encode()).decode(),
                    **launch,
                }
            },
        },
        "Group": {
            "Type": "AWS::AutoScaling::AutoScalingGroup",
            "CreationPolicy": {"ResourceSignal": {"Count": 1, "Timeout": "PT15M"}},
            **({"UpdatePolicy": policy} if rolling else {}),
            "Properties": {
                "MinSize": "1",
                "MaxSize": "2",
                "VPCZoneIdentifier": [{"Ref": "Subnet"}],
                "LaunchTemplate": {
                    "LaunchTemplateId": {"Ref": "Template"},
                    "Version": attribute("Template", "LatestVersionNumber"),
                },
            },
        },
    }
