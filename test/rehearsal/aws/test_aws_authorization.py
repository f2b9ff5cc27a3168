"""With authorization on, a role can do what it was granted and nothing else."""

import io
import json
import time

import boto3
import pytest
import requests
from aws_templates import allow, attribute, document, log_group, server, sub
from botocore.exceptions import ClientError
from embedded_aws import EmbeddedAws, Stack, start, stop

GRANTS = [
    allow("s3:GetObject", sub("${Bucket.Arn}/models/*")),
    allow("s3:ListBucket", attribute("Bucket", "Arn"), StringLike={"s3:prefix": ["models/*"]}),
    allow(["logs:CreateLogStream", "logs:PutLogEvents"], attribute("Log", "Arn")),
    allow("cloudformation:SignalResource", {"Ref": "AWS::StackId"}),
    allow(
        "ssm:GetParameter", sub("arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/own/*")
    ),
    allow("ecr:GetAuthorizationToken"),
    allow("route53:GetChange", "arn:aws:route53:::change/*"),
    allow(
        "ecr:BatchGetImage", sub("arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository/own")
    ),
    allow(
        "autoscaling:SetInstanceHealth",
        StringEquals={"aws:ResourceTag/aws:cloudformation:stack-id": {"Ref": "AWS::StackId"}},
    ),
]


RECORDS = "route53:ChangeResourceRecordSets"
GRANTS.append(
    allow(
        RECORDS,
        sub("arn:${AWS::Partition}:route53:::hostedzone/${Zone}"),
        **{
            "ForAllValues:StringEquals": {
                f"{RECORDS}NormalizedRecordNames": ["server.model.internal"],
                f"{RECORDS}RecordTypes": ["A"],
                f"{RECORDS}Actions": ["UPSERT"],
            }
        },
    )
)


def record(rehearsal, name="Server.model.internal.", action="UPSERT"):
    """A change of a record, as a request's arguments."""
    values = {"Name": name, "Type": "A", "TTL": 5, "ResourceRecords": [{"Value": "10.0.0.1"}]}
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": values}]}
    return {"HostedZoneId": rehearsal.zone, "ChangeBatch": batch}


class Rehearsal:
    """A deployed server, its role's clients, and an administrator's."""

    def __init__(self, aws: EmbeddedAws):
        self.aws = aws
        other = aws.create(
            {"Bucket": {"Type": "AWS::S3::Bucket"}, "Log": log_group(LogGroupName="other"), **server()}
        )
        self.other: Stack = other
        policy = {"PolicyName": "grants", "PolicyDocument": document(*GRANTS), "Roles": [{"Ref": "Role"}]}
        self.stack = aws.create(
            {
                **server(),
                "Bucket": {"Type": "AWS::S3::Bucket"},
                "Log": log_group(LogGroupName="own"),
                "Zone": {
                    "Type": "AWS::Route53::HostedZone",
                    "Properties": {
                        "Name": "model.internal",
                        "VPCs": [{"VPCId": {"Ref": "Vpc"}, "VPCRegion": {"Ref": "AWS::Region"}}],
                    },
                },
                "Policy": {"Type": "AWS::IAM::Policy", "Properties": policy},
            }
        )
        assert self.stack.status == "CREATE_COMPLETE", self.stack.events
        self.bucket, self.other_bucket = self.stack.physical_id("Bucket"), other.physical_id("Bucket")
        for bucket in (self.bucket, self.other_bucket):
            aws.client("s3").put_object(Bucket=bucket, Key="models/1/saved_model.pb", Body=b"x")
        for name in ("/own/a", "/other/a"):
            aws.client("ssm").put_parameter(Name=name, Value="x", Type="String")
        for name in ("own", "other"):
            aws.client("ecr").create_repository(repositoryName=name)
        self.zone = self.stack.physical_id("Zone")
        self.instance = self.stack.instance["InstanceId"]
        self.other_instance = other.instance["InstanceId"]
        self.administrator = self._administrator()
        self.role_keys = self._role_keys()
        requests.post(f"{aws.endpoint}/moto-api/reset-auth", data="0", timeout=10).raise_for_status()

    def _administrator(self) -> dict[str, str]:
        iam = self.aws.client("iam")
        iam.create_user(UserName="operator")
        iam.attach_user_policy(UserName="operator", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        key = iam.create_access_key(UserName="operator")["AccessKey"]
        return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    def _role_keys(self) -> dict[str, str]:
        role = self.stack.physical_id("Role")
        path = f"embedded-aws/instances/{self.instance}/meta-data/iam/security-credentials/{role}"
        found = requests.get(f"{self.aws.endpoint}/{path}", timeout=10).json()
        return {
            "aws_access_key_id": found["AccessKeyId"],
            "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["Token"],
        }

    def client(self, service: str):
        return boto3.client(
            service, endpoint_url=self.aws.endpoint, region_name=self.aws.region, **self.role_keys
        )


@pytest.fixture(scope="module")
def rehearsal():
    process, ready = start("rehearsal.aws")
    yield Rehearsal(EmbeddedAws(ready))
    stop(process)


def now():
    return [{"timestamp": int(time.time() * 1000), "message": "x"}]


KEY = "models/1/saved_model.pb"
GRANTED = {
    "read": ("s3", lambda c, r: c.get_object(Bucket=r.bucket, Key=KEY)),
    "head": ("s3", lambda c, r: c.head_object(Bucket=r.bucket, Key=KEY)),
    "download": ("s3", lambda c, r: c.download_fileobj(r.bucket, KEY, io.BytesIO())),
    "list": ("s3", lambda c, r: c.list_objects_v2(Bucket=r.bucket, Prefix="models/")),
    "stream": ("logs", lambda c, r: c.create_log_stream(logGroupName="own", logStreamName="boot/a")),
    "log": (
        "logs",
        lambda c, r: c.put_log_events(logGroupName="own", logStreamName="boot/a", logEvents=now()),
    ),
    "signal": (
        "cloudformation",
        lambda c, r: c.signal_resource(
            StackName=r.stack.name, LogicalResourceId="Group", UniqueId="i-1", Status="SUCCESS"
        ),
    ),
    "parameter": ("ssm", lambda c, r: c.get_parameter(Name="/own/a")),
    "login": ("ecr", lambda c, r: c.get_authorization_token()),
    "pull": ("ecr", lambda c, r: c.batch_get_image(repositoryName="own", imageIds=[{"imageTag": "x"}])),
    "health": (
        "autoscaling",
        lambda c, r: c.set_instance_health(InstanceId=r.instance, HealthStatus="Healthy"),
    ),
    "own name": ("route53", lambda c, r: c.change_resource_record_sets(**record(r))),
    "wait for the name": ("route53", lambda c, r: c.get_change(Id="C1")),
    "identity": ("sts", lambda c, r: c.get_caller_identity()),
}
REFUSED = {
    "read elsewhere": ("s3", lambda c, r: c.get_object(Bucket=r.bucket, Key="other")),
    "read another bucket": ("s3", lambda c, r: c.get_object(Bucket=r.other_bucket, Key=KEY)),
    "write": ("s3", lambda c, r: c.put_object(Bucket=r.bucket, Key=KEY, Body=b"")),
    "list all": ("s3", lambda c, r: c.list_objects_v2(Bucket=r.bucket)),
    "list elsewhere": ("s3", lambda c, r: c.list_objects_v2(Bucket=r.bucket, Prefix="other/")),
    "list buckets": ("s3", lambda c, r: c.list_buckets()),
    "log elsewhere": (
        "logs",
        lambda c, r: c.put_log_events(logGroupName="other", logStreamName="boot/a", logEvents=now()),
    ),
    "read logs": ("logs", lambda c, r: c.get_log_events(logGroupName="own", logStreamName="boot/a")),
    "signal another stack": (
        "cloudformation",
        lambda c, r: c.signal_resource(
            StackName=r.other.name, LogicalResourceId="Group", UniqueId="i-1", Status="SUCCESS"
        ),
    ),
    "describe stacks": ("cloudformation", lambda c, r: c.describe_stacks()),
    "parameter elsewhere": ("ssm", lambda c, r: c.get_parameter(Name="/other/a")),
    "write a parameter": ("ssm", lambda c, r: c.put_parameter(Name="/own/a", Value="y", Overwrite=True)),
    "pull another": (
        "ecr",
        lambda c, r: c.batch_get_image(repositoryName="other", imageIds=[{"imageTag": "x"}]),
    ),
    "health of another": (
        "autoscaling",
        lambda c, r: c.set_instance_health(InstanceId=r.other_instance, HealthStatus="Unhealthy"),
    ),
    "describe instances": ("ec2", lambda c, r: c.describe_instances()),
    "another name": (
        "route53",
        lambda c, r: c.change_resource_record_sets(**record(r, "other.model.internal")),
    ),
    "take the name away": (
        "route53",
        lambda c, r: c.change_resource_record_sets(**record(r, action="DELETE")),
    ),
    "read the zone": ("route53", lambda c, r: c.list_resource_record_sets(HostedZoneId=r.zone)),
    "make a user": ("iam", lambda c, r: c.create_user(UserName="x")),
}


@pytest.mark.parametrize("name", GRANTED)
def test_what_the_role_was_granted_goes(rehearsal, name):
    service, request = GRANTED[name]
    request(rehearsal.client(service), rehearsal)


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_role_was_not_granted_is_refused(rehearsal, name):
    service, request = REFUSED[name]
    with pytest.raises(ClientError) as refused:
        request(rehearsal.client(service), rehearsal)
    code = refused.value.response["Error"]["Code"]
    assert code in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


def test_the_refusal_names_who_what_and_where(rehearsal):
    message = (
        r"assumed-role/.*/i-\w+ is not authorized to perform: ssm:GetParameter on resource: arn:.*/other/a"
    )
    with pytest.raises(ClientError, match=message):
        rehearsal.client("ssm").get_parameter(Name="/other/a")


def test_only_who_may_list_a_bucket_is_told_that_a_key_is_absent(rehearsal):
    absent = {"Bucket": rehearsal.bucket, "Key": "models/absent"}
    keys = {"endpoint_url": rehearsal.aws.endpoint, "region_name": "us-west-2", **rehearsal.administrator}
    lister, reader = boto3.client("s3", **keys), rehearsal.client("s3")
    with pytest.raises(lister.exceptions.NoSuchKey):
        lister.get_object(**absent)
    with pytest.raises(
        ClientError, match=rf'perform: s3:ListBucket on resource: "arn:.*:{rehearsal.bucket}"'
    ):
        reader.get_object(**absent)
    for client, status in ((lister, 404), (reader, 403)):
        with pytest.raises(ClientError) as refused:
            client.head_object(**absent)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_unknown_keys_and_unsigned_requests_are_refused(rehearsal):
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        rehearsal.aws.client("sts").get_caller_identity()
    assert requests.get(f"{rehearsal.aws.endpoint}/{rehearsal.bucket}/{KEY}", timeout=10).status_code == 403


def test_the_administrator_goes_on_deploying(rehearsal):
    """CloudFormation's own calls need no grant: it acts for the administrator."""
    aws = EmbeddedAws({"endpoint": rehearsal.aws.endpoint, "region": "us-west-2", "account": "123456789012"})
    aws.keys = rehearsal.administrator
    topic = {"Type": "AWS::SNS::Topic"}
    stack = aws.create({"Topic": topic, "Log": log_group()}, name="by-the-administrator")
    assert stack.status == "CREATE_COMPLETE"
    stack.delete()
    assert stack.status == "DELETE_COMPLETE"


@pytest.mark.parametrize(
    ("trust", "may"),
    [
        ({"AWS": "arn:aws:iam::123456789012:root"}, True),
        ({"AWS": "arn:aws:iam::123456789012:user/operator"}, True),
        ({"AWS": "arn:aws:iam::123456789012:user/other"}, False),
        ({"Service": "ec2.amazonaws.com"}, False),
    ],
)
def test_only_whom_a_role_trusts_assumes_it(rehearsal, trust, may):
    keys = {"endpoint_url": rehearsal.aws.endpoint, "region_name": "us-west-2", **rehearsal.administrator}
    iam, sts = boto3.client("iam", **keys), boto3.client("sts", **keys)
    statement = {"Effect": "Allow", "Principal": trust, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName="trusting", AssumeRolePolicyDocument=json.dumps(document(statement)))[
        "Role"
    ]
    try:
        if may:
            sts.assume_role(RoleArn=role["Arn"], RoleSessionName="session")
        else:
            with pytest.raises(ClientError, match="AccessDenied"):
                sts.assume_role(RoleArn=role["Arn"], RoleSessionName="session")
    finally:
        iam.delete_role(RoleName="trusting")


def test_a_bucket_policy_denies_even_an_administrator(rehearsal):
    keys = {"endpoint_url": rehearsal.aws.endpoint, "region_name": "us-west-2", **rehearsal.administrator}
    s3, bucket = boto3.client("s3", **keys), rehearsal.other_bucket
    s3.get_object(Bucket=bucket, Key=KEY)
    statements = [
        {**allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), "Effect": "Deny", "Principal": "*"},
        # The CDK's enforceSSL: it must not deny what comes over loopback without TLS.
        {
            **allow("s3:*", f"arn:aws:s3:::{bucket}/*", Bool={"aws:SecureTransport": "false"}),
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
        },
    ]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document(*statements)))
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket=bucket, Key=KEY)
    s3.put_object(Bucket=bucket, Key=KEY, Body=b"x")
    s3.delete_bucket_policy(Bucket=bucket)
