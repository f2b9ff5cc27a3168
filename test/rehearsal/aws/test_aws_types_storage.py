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


def test_a_bucket_keeps_its_objects_as_long_as_its_lifecycle_says(aws):
    s3 = aws.client("s3")
    rule = {
        "Id": "expire",
        "Status": "Enabled",
        "Prefix": "reports/",
        "ExpirationInDays": 30,
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
    }
    ownership = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}

    def bucket(**properties):
        return {"Bucket": resource("S3::Bucket", OwnershipControls=ownership, **properties)}

    stack = made(aws, bucket(LifecycleConfiguration={"Rules": [rule]}))
    name = stack.physical_id("Bucket")
    found = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    assert [(each["ID"], each["Filter"], each["Expiration"]["Days"]) for each in found] == [
        ("expire", {"Prefix": "reports/"}, 30)
    ]
    assert found[0]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert found[0]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 7}
    assert s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"] == ownership
    updated(stack, bucket())
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=name)


def test_a_lifecycle_that_is_not_known_here_is_not_passed_over(aws):
    rule = {"Status": "Enabled", "ExpirationDate": "2030-01-01T00:00:00Z"}
    stack = aws.create({"Bucket": resource("S3::Bucket", LifecycleConfiguration={"Rules": [rule]})})
    assert "knows no ExpirationDate in a bucket's lifecycle rule" in stack.reason("Bucket", "CREATE_FAILED")
