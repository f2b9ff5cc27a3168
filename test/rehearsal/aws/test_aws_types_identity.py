"""Roles, policies and keys: types that moto lacks or makes in part, seen through their APIs."""

import pytest
from aws_templates import allow, attribute, document, role
from botocore.exceptions import ClientError
from stack_checks import deleted, made, resource, updated

SSM_CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
AGENT = "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"


def test_a_role_has_its_managed_and_inline_policies_and_changes_in_place(aws):
    iam = aws.client("iam")
    separate = resource(
        "IAM::Policy", PolicyName="separate", PolicyDocument=document(allow("s3:*")), Roles=[{"Ref": "Role"}]
    )
    stack = made(aws, {"Role": role(allow("ec2:*"), ManagedPolicyArns=[SSM_CORE]), "Policy": separate})
    name = stack.physical_id("Role")

    def attached():
        return {
            item["PolicyArn"] for item in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        }

    assert attached() == {SSM_CORE}
    assert set(iam.list_role_policies(RoleName=name)["PolicyNames"]) == {"inline", "separate"}
    updated(stack, {"Role": role(ManagedPolicyArns=[AGENT], Description="new"), "Policy": separate})
    assert stack.physical_id("Role") == name
    assert attached() == {AGENT}
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["separate"]
    assert iam.get_role(RoleName=name)["Role"]["Description"] == "new"
    deleted(stack)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_role(RoleName=name)


def test_a_managed_policy_goes_with_its_stack(aws):
    policy = resource("IAM::ManagedPolicy", PolicyDocument=document(allow("s3:*")), Roles=[{"Ref": "Role"}])
    stack = made(aws, {"Role": role(), "Policy": policy})
    arn = stack.physical_id("Policy")
    aws.client("iam").get_policy(PolicyArn=arn)
    deleted(stack)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        aws.client("iam").get_policy(PolicyArn=arn)


def test_a_long_stack_name_still_gives_a_role_name_that_iam_takes(aws):
    stack = aws.create(
        {"ARoleWithARatherLongLogicalId1234567890": role()}, name="a-rather-long-stack-name-" + "x" * 80
    )
    assert stack.status == "CREATE_COMPLETE"
    assert len(stack.physical_id("ARoleWithARatherLongLogicalId1234567890")) <= 64


def test_keys_and_cdk_metadata(aws):
    key = resource("KMS::Key", KeyPolicy=document(allow("kms:*")))
    stack = made(
        aws,
        {
            "Key": key,
            "Alias": resource("KMS::Alias", AliasName="alias/model", TargetKeyId=attribute("Key", "Arn")),
            "Metadata": resource("CDK::Metadata", Analytics="v2:deflate64:x"),
        },
    )
    assert aws.client("kms").describe_key(KeyId=stack.physical_id("Key"))["KeyMetadata"]["Enabled"]
    deleted(stack)
