"""Properties whose change takes a new physical resource ("Update requires: Replacement").

Only for models that can also update in place; a model without an update is always replaced.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from __future__ import annotations

REPLACING: dict[str, set[str]] = {
    "AWS::AutoScaling::AutoScalingGroup": {"AutoScalingGroupName"},
    "AWS::CloudWatch::Alarm": {"AlarmName"},
    "AWS::CloudWatch::Dashboard": {"DashboardName"},
    "AWS::EC2::LaunchTemplate": {"LaunchTemplateName"},
    "AWS::EC2::SecurityGroup": {"GroupDescription", "GroupName", "VpcId"},
    "AWS::IAM::Role": {"Path", "RoleName"},
    "AWS::IAM::Policy": set(),
    "AWS::KMS::Alias": {"AliasName"},
    "AWS::Logs::LogGroup": {"LogGroupName"},
    "AWS::S3::Bucket": {"BucketName"},
    "AWS::S3::BucketPolicy": {"Bucket"},
    "AWS::SNS::Topic": {"TopicName", "FifoTopic"},
    "AWS::SSM::Document": {"DocumentType", "Name"},
    "AWS::SSM::Parameter": {"Name"},
}


def replacing_properties(resource_type: str) -> set[str]:
    """The names of a type's properties that cannot change in place."""
    return REPLACING.get(resource_type, set())
