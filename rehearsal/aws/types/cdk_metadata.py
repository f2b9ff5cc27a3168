"""AWS::CDK::Metadata: CloudFormation makes nothing of it either.

https://docs.aws.amazon.com/cdk/v2/guide/usage-data.html
"""

from __future__ import annotations

from .thin import ThinModel


class CdkMetadata(ThinModel):
    resource_type = "AWS::CDK::Metadata"

    def put(self) -> None:
        """Nothing to make."""

    def remove(self) -> None:
        """Nothing was made."""
