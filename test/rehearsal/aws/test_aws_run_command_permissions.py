"""With authorization on: who may send what where, and what an agent's role needs."""

import json

import boto3
import pytest
import requests
from aws_templates import allow, document, server
from botocore.exceptions import ClientError
from embedded_aws import EmbeddedAws, start, stop
from run_command import agent, ended, make_document, make_server, step, until

TAG = "graviton-tensorflow:stack"
ACCOUNT = "arn:aws:ssm:us-west-2:123456789012"


class Enforced:
    """Three instances: one's role may write to the bucket, another's lacks the ACL, the last is another's."""

    def __init__(self, aws: EmbeddedAws):
        self.aws = aws
        aws.client("s3").create_bucket(
            Bucket="results", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
        )
        keys = "arn:aws:s3:::results/troubleshoot/*"
        self.own = self._instance(allow(["s3:PutObject", "s3:PutObjectAcl"], keys), stack="own")
        self.without_acl = self._instance(allow("s3:PutObject", keys), stack="without-acl")
        self.other = self._instance(stack="other")
        self.unmanaged = aws.create(server()).instance["InstanceId"]
        for name in ("runbook", "unrelated"):
            make_document(aws, name, step("One", "echo hello"), tags={"stack": name})
        operator = [
            allow("ssm:SendCommand", [f"{ACCOUNT}:document/runbook", "arn:aws:s3:::results"]),
            allow(
                "ssm:SendCommand",
                "arn:aws:ec2:us-west-2:123456789012:instance/*",
                StringEquals={f"ssm:resourceTag/{TAG}": ["own", "without-acl"]},
            ),
            allow(
                ["ssm:ListCommandInvocations", "ssm:GetCommandInvocation", "ssm:DescribeInstanceInformation"]
            ),
            allow(["ssm:DescribeDocument", "ssm:StartSession"], f"{ACCOUNT}:document/runbook"),
            allow("ssm:StartSession", f"arn:aws:ec2:us-west-2:123456789012:instance/{self.own}"),
        ]
        self.operator = self._user("operator", *operator)
        self.administrator = self._user("administrator", allow("*"))
        requests.post(f"{aws.endpoint}/moto-api/reset-auth", data="0", timeout=10).raise_for_status()

    def _instance(self, *statements, stack):
        return make_server(self.aws, *statements, tags={TAG: stack}).instance["InstanceId"]

    def _user(self, name, *statements):
        iam = self.aws.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(document(*statements)))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    def client(self, service, keys):
        return boto3.client(service, endpoint_url=self.aws.endpoint, region_name="us-west-2", **keys)

    @property
    def ssm(self):
        return self.client("ssm", self.operator)

    def keys(self, command):
        listed = self.client("s3", self.administrator).list_objects_v2(
            Bucket="results", Prefix=f"troubleshoot/{command}/"
        )
        return [each["Key"] for each in listed.get("Contents", [])]


@pytest.fixture(scope="module")
def enforced(tmp_path_factory):
    process, ready = start("rehearsal.aws")
    held = Enforced(EmbeddedAws(ready))
    own, without = tmp_path_factory.mktemp("own"), tmp_path_factory.mktemp("without")
    with (
        agent(held.aws, held.own, own),
        agent(held.aws, held.without_acl, without),
        agent(held.aws, held.other, tmp_path_factory.mktemp("other")),
    ):
        yield held
    stop(process)


def send(enforced, instance, name="runbook"):
    output = {"OutputS3BucketName": "results", "OutputS3KeyPrefix": "troubleshoot"}
    sent = enforced.ssm.send_command(DocumentName=name, InstanceIds=[instance], **output)
    return sent["Command"]["CommandId"]


def test_an_operator_sends_the_document_to_the_tagged_and_the_output_is_written(enforced):
    command = send(enforced, enforced.own)
    assert ended(enforced.ssm, command)["Status"] == "Success"
    assert [key.split("/")[-2:] for key in enforced.keys(command)] == [["One", "stdout"]]


def test_a_role_without_the_acl_leaves_the_command_a_success_and_the_bucket_empty(enforced):
    command = send(enforced, enforced.without_acl)
    assert ended(enforced.ssm, command)["Status"] == "Success"
    assert enforced.keys(command) == []


@pytest.mark.parametrize(
    "target", ["another document", "another instance", "one of two", "another tag", "another bucket"]
)
def test_nothing_else_may_be_sent(enforced, target):
    arguments = {
        "another document": {"DocumentName": "unrelated", "InstanceIds": [enforced.own]},
        "another instance": {"DocumentName": "runbook", "InstanceIds": [enforced.other]},
        "one of two": {"DocumentName": "runbook", "InstanceIds": [enforced.own, enforced.other]},
        "another bucket": {
            "DocumentName": "runbook",
            "InstanceIds": [enforced.own],
            "OutputS3BucketName": "another",
        },
        "another tag": {"DocumentName": "runbook", "Targets": [{"Key": f"tag:{TAG}", "Values": ["other"]}]},
    }[target]
    with pytest.raises(ClientError, match="AccessDenied.*ssm:SendCommand on resource"):
        enforced.ssm.send_command(**arguments)


def test_a_target_by_tag_is_permitted_where_its_instances_are(enforced):
    targets = [{"Key": f"tag:{TAG}", "Values": ["own"]}]
    sent = enforced.ssm.send_command(DocumentName="runbook", Targets=targets)["Command"]["CommandId"]
    assert ended(enforced.ssm, sent)["InstanceId"] == enforced.own


def test_what_was_not_granted_is_refused(enforced):
    ssm = enforced.ssm
    ssm.describe_document(Name="runbook")
    ssm.describe_instance_information()
    for call, arguments in (
        (ssm.describe_document, {"Name": "unrelated"}),
        (ssm.list_documents, {}),
        (ssm.cancel_command, {"CommandId": "0" * 36}),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            call(**arguments)


@pytest.mark.parametrize(
    ("target", "name", "refused_on"),
    [
        ("own", None, None),
        ("own", "runbook", None),
        ("own", "unrelated", "document/"),
        ("other", None, "instance/"),
    ],
)
def test_a_session_needs_its_instance_and_a_document_that_is_named(enforced, target, name, refused_on):
    arguments = {"Target": getattr(enforced, target), **({"DocumentName": name} if name else {})}
    refusal = f"AccessDenied.*ssm:StartSession on resource: arn:aws:.*:{refused_on}"
    # No session is ever started here.
    with pytest.raises(ClientError, match=refusal if refused_on else "^(?!.*AccessDenied)"):
        enforced.ssm.start_session(**arguments)


def test_an_agent_whose_role_may_not_is_never_online(enforced, tmp_path):
    answer = requests.post(
        f"{enforced.aws.endpoint}/embedded-aws/agents/{enforced.unmanaged}", json={"version": "3"}, timeout=10
    )
    assert answer.status_code == 403
    assert "may not call ssm:UpdateInstanceInformation" in answer.json()["message"]
    known = until(lambda: enforced.ssm.describe_instance_information()["InstanceInformationList"])
    assert enforced.unmanaged not in [each["InstanceId"] for each in known]
