"""Properties whose change takes a new physical resource ("Update requires: Replacement").

Only for models that can also update in place; a model without an update is always replaced.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from __future__ import annotations

from typing import Any

REPLACING: dict[str, set[str]] = {
    "AWS::AutoScaling::AutoScalingGroup": {"AutoScalingGroupName"},
    "AWS::AutoScaling::LifecycleHook": {"AutoScalingGroupName", "LifecycleHookName"},
    "AWS::AutoScaling::ScalingPolicy": {"AutoScalingGroupName"},
    "AWS::CloudWatch::Alarm": {"AlarmName"},
    "AWS::CloudWatch::Dashboard": {"DashboardName"},
    "AWS::EC2::LaunchTemplate": {"LaunchTemplateName"},
    "AWS::EC2::SecurityGroup": {"GroupDescription", "GroupName", "VpcId"},
    "AWS::EC2::SecurityGroupEgress": {"GroupId"},
    "AWS::EC2::SecurityGroupIngress": {"GroupId"},
    "AWS::IAM::Role": {"Path", "RoleName"},
    "AWS::KMS::Alias": {"AliasName"},
    "AWS::Logs::LogGroup": {"LogGroupName"},
    "AWS::Logs::MetricFilter": {"FilterName", "LogGroupName"},
    "AWS::Route53::HostedZone": {"Name"},
    "AWS::Route53::RecordSet": {"HostedZoneId", "Name", "Type"},
    "AWS::S3::Bucket": {"BucketName"},
    "AWS::S3::BucketPolicy": {"Bucket"},
    "AWS::SNS::Subscription": {"Endpoint", "Protocol", "TopicArn"},
    "AWS::SNS::Topic": {"FifoTopic", "TopicName"},
    "AWS::SSM::Document": {"DocumentType", "Name"},
    "AWS::SSM::Parameter": {"Name"},
}


def replaces(resource_type: str, changed: set[str], properties: dict[str, Any]) -> bool:
    """Whether a change of these properties, to these values, takes a new physical resource."""
    if resource_type == "AWS::SSM::Document" and properties.get("UpdateMethod", "Replace") == "Replace":
        return bool(changed - {"Tags", "UpdateMethod"})
    return bool(changed & REPLACING.get(resource_type, set()))
