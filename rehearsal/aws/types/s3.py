"""S3: the bucket policy, which moto's CloudFormation lacks, and the bucket settings it passes over.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_S3.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.s3.models import FakeBucket

from ..bridge import replaces
from ..internal import call
from .thin import ThinModel


class BucketPolicy(ThinModel):
    resource_type = "AWS::S3::BucketPolicy"

    def put(self) -> None:
        policy = json.dumps(self.properties["PolicyDocument"])
        self.call("s3", "PutBucketPolicy", Bucket=self.properties["Bucket"], Policy=policy)

    def remove(self) -> None:
        self.call("s3", "DeleteBucketPolicy", Bucket=self.properties["Bucket"])


@replaces(FakeBucket, "create_from_cloudformation_json")
@classmethod
def create_bucket(
    cls: type[FakeBucket], name: str, definition: dict[str, Any], account_id: str, region: str, **kwargs: Any
) -> FakeBucket:
    bucket = create_bucket.__func__.original(name, definition, account_id, region, **kwargs)
    _configure(name, definition["Properties"], region)
    return bucket


@replaces(FakeBucket, "update_from_cloudformation_json")
@classmethod
def update_bucket(
    cls: type[FakeBucket],
    original_resource: FakeBucket,
    cloudformation_json: dict[str, Any],
    region_name: str,
    **_: Any,
) -> FakeBucket:
    _configure(original_resource.name, cloudformation_json["Properties"], region_name)
    return original_resource


def _configure(bucket: str, properties: dict[str, Any], region: str) -> None:
    # CloudFormation's ServerSideEncryptionByDefault is the API's ApplyServerSideEncryptionByDefault.
    encryption = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration")
    if encryption:
        rules = [
            {
                "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
                "BucketKeyEnabled": rule.get("BucketKeyEnabled", False),
            }
            for rule in encryption
        ]
        configuration = {"Rules": rules}
        call(
            "s3",
            region,
            "PutBucketEncryption",
            Bucket=bucket,
            ServerSideEncryptionConfiguration=configuration,
        )
    rules = properties.get("LifecycleConfiguration", {}).get("Rules")
    if rules:
        configuration = {"Rules": [_lifecycle_rule(rule) for rule in rules]}
        operation = "PutBucketLifecycleConfiguration"
        call("s3", region, operation, Bucket=bucket, LifecycleConfiguration=configuration)
    else:
        call("s3", region, "DeleteBucketLifecycle", Bucket=bucket)
    for name, operation in (
        ("OwnershipControls", "PutBucketOwnershipControls"),
        ("PublicAccessBlockConfiguration", "PutPublicAccessBlock"),
        ("VersioningConfiguration", "PutBucketVersioning"),
    ):
        if name in properties:
            call("s3", region, operation, Bucket=bucket, **{name: properties[name]})
    if "Tags" in properties:
        call("s3", region, "PutBucketTagging", Bucket=bucket, Tagging={"TagSet": properties["Tags"]})


def _lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation's rule as the API's; an unknown key is an error, since objects would be kept by it."""
    same = ("Status", "AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration")
    found = {name: rule[name] for name in same if name in rule}
    found["Filter"] = {"Prefix": rule.get("Prefix", "")}
    if "Id" in rule:
        found["ID"] = rule["Id"]
    if "ExpirationInDays" in rule:
        found["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    unknown = sorted(set(rule) - {*same, "Prefix", "Id", "ExpirationInDays"})
    if unknown:
        raise ValidationError(message=f"The embedded AWS knows no {unknown[0]} in a bucket's lifecycle rule.")
    return found


@replaces(FakeBucket, "delete_from_cloudformation_json")
@classmethod
def delete_bucket(cls: type[FakeBucket], name: str, _: dict[str, Any], __: str, region: str) -> None:
    """Through the API, which refuses a bucket with something in it; the backend only shrugs."""
    call("s3", region, "DeleteBucket", Bucket=name)
