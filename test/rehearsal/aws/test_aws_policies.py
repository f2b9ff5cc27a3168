"""What policy documents say about a request."""

import pytest
from aws_templates import allow, document

OBJECT = "arn:aws:s3:::models/prefix/1/saved_model.pb"
ME = "arn:aws:sts::123456789012:assumed-role/Role/i-1"
CONTEXT = {
    "s3:prefix": "prefix/",
    "x:Types": ["A", "TXT"],
    "aws:SecureTransport": "true",
    "aws:PrincipalArn": "arn:aws:iam::123456789012:role/Role",
}


def decision(*statements, action="s3:GetObject", resource=OBJECT, context=CONTEXT, **keywords):
    from rehearsal.aws.policies import Request, decide

    request = Request(action, resource, ME, "123456789012", context)
    return decide([document(*statements)], request, **keywords).value


def deny(action, resource="*", **condition):
    return {**allow(action, resource, **condition), "Effect": "Deny"}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow("s3:GetObject"), "allowed"),
        (allow("S3:getobject"), "allowed"),
        (allow("s3:Get*"), "allowed"),
        (allow(["s3:PutObject", "s3:GetObjec?"]), "allowed"),
        (allow("s3:PutObject"), "silent"),
        (allow("s3:GetObject", "arn:aws:s3:::models/prefix/*"), "allowed"),
        (allow("s3:GetObject", "arn:aws:s3:::models/other/*"), "silent"),
        (allow("s3:GetObject", "arn:aws:s3:::models"), "silent"),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "allowed"),
        ({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, "silent"),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::models/*"}, "silent"),
        (allow("s3:*", StringLike={"s3:prefix": ["prefix", "prefix/*"]}), "allowed"),
        (allow("s3:*", StringEquals={"s3:prefix": "other/"}), "silent"),
        (allow("s3:*", StringEquals={"S3:Prefix": "prefix/"}), "allowed"),
        (allow("s3:*", StringNotEquals={"s3:prefix": "other/"}), "allowed"),
        (allow("s3:*", StringNotLike={"s3:prefix": "pre*"}), "silent"),
        (allow("s3:*", StringEquals={"aws:Absent": "x"}), "silent"),
        (allow("s3:*", StringEqualsIfExists={"aws:Absent": "x"}), "allowed"),
        (allow("s3:*", StringNotEquals={"aws:Absent": "x"}), "allowed"),
        (allow("s3:*", Null={"aws:Absent": "true"}), "allowed"),
        (allow("s3:*", Null={"s3:prefix": "true"}), "silent"),
        (allow("s3:*", Bool={"aws:SecureTransport": "true"}), "allowed"),
        (deny("s3:*", Bool={"aws:SecureTransport": "false"}), "silent"),
        (allow("s3:*", ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:role/R*"}), "allowed"),
        (allow("s3:*", StringEquals={"s3:prefix": "prefix/", "aws:Absent": "x"}), "silent"),
        (allow("s3:*", **{"ForAnyValue:StringEquals": {"s3:prefix": ["a", "prefix/"]}}), "allowed"),
        (allow("s3:*", **{"ForAllValues:StringEquals": {"x:Types": ["A", "TXT", "MX"]}}), "allowed"),
        (allow("s3:*", **{"ForAllValues:StringEquals": {"x:Types": ["A"]}}), "silent"),
        (allow("s3:*", **{"ForAnyValue:StringEquals": {"x:Types": ["A"]}}), "allowed"),
        (allow("s3:*", **{"ForAllValues:StringNotEquals": {"x:Types": ["A"]}}), "silent"),
        (allow("s3:*", **{"ForAllValues:StringEquals": {"aws:Absent": ["A"]}}), "allowed"),
    ],
)
def test_a_statement(statement, expected):
    assert decision(statement) == expected


def test_a_denial_wins_in_any_order():
    assert decision(allow("s3:*"), deny("s3:GetObject")) == "denied"
    assert decision(deny("s3:GetObject"), allow("s3:*")) == "denied"
    assert decision(allow("s3:*"), deny("s3:PutObject")) == "allowed"


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", "allowed"),
        ({"AWS": "*"}, "allowed"),
        ({"AWS": [ME, "other"]}, "allowed"),
        ({"AWS": "arn:aws:iam::123456789012:root"}, "allowed"),
        ({"AWS": "arn:aws:iam::210987654321:root"}, "silent"),
        ({"Service": "ec2.amazonaws.com"}, "silent"),
    ],
)
def test_a_principal(principal, expected):
    assert decision({**allow("s3:*"), "Principal": principal}, resource_based=True) == expected


def test_an_unknown_operator_is_an_error_not_a_permission():
    with pytest.raises(ValueError, match="DateLessThan"):
        decision(allow("s3:*", DateLessThan={"s3:prefix": "x"}))
