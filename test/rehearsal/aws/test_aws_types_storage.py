"""Buckets: types that moto lacks or makes in part, seen through their APIs."""

import json

import pytest
from aws_templates import allow, attribute, document
from botocore.exceptions import ClientError
from stack_checks import made, resource, updated


def test_a_bucket_has_its_settings_and_policy(aws):
    s3 = aws.client("s3")
    block = dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    statement = {**allow("s3:GetObject", attribute("Bucket", "Arn")), "Principal": {"AWS": "*"}}
    encryption = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    bucket = resource(
        "S3::Bucket",
        VersioningConfiguration={"Status": "Enabled"},
        PublicAccessBlockConfiguration=block,
        BucketEncryption={"ServerSideEncryptionConfiguration": [encryption]},
    )
    policy = resource("S3::BucketPolicy", Bucket={"Ref": "Bucket"}, PolicyDocument=document(statement))
    stack = made(aws, {"Bucket": bucket, "Policy": policy})
    name = stack.physical_id("Bucket")
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"] == block
    found = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert found["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert (
        json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"][0]["Resource"]
        == f"arn:aws:s3:::{name}"
    )
    updated(stack, {"Bucket": bucket})
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket=name)
