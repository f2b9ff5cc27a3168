"""SNS: topics changed in place, their policies and subscriptions.

moto answers a changed topic by deleting and making it again, without its subscriptions, and has neither
policies nor subscriptions in CloudFormation.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SNS.html
"""

from __future__ import annotations

import json

from .thin import ThinModel

# Text in the API, JSON or a boolean in CloudFormation.
ATTRIBUTES = ("DisplayName", "KmsMasterKeyId", "FifoTopic", "ContentBasedDeduplication", "SignatureVersion")


class Topic(ThinModel):
    resource_type = "AWS::SNS::Topic"
    name_property = "TopicName"

    def put(self) -> None:
        attributes = {name: _text(self.properties[name]) for name in ATTRIBUTES if name in self.properties}
        if self.physical_resource_id.startswith("arn:"):
            for name, value in attributes.items():
                self._set(self.physical_resource_id, name, value)
            return
        name = self.physical_resource_id
        created = self.call(
            "sns", "CreateTopic", Name=name, Attributes=attributes, Tags=self.properties.get("Tags")
        )
        self.physical_resource_id = created["TopicArn"]
        for subscription in self.properties.get("Subscription", []):
            self.call("sns", "Subscribe", TopicArn=self.physical_resource_id, **subscription)

    def _set(self, arn: str, name: str, value: str) -> None:
        self.call("sns", "SetTopicAttributes", TopicArn=arn, AttributeName=name, AttributeValue=value)

    def remove(self) -> None:
        self.call("sns", "DeleteTopic", TopicArn=self.physical_resource_id)

    def get_cfn_attribute(self, name: str) -> str:
        arn = self.physical_resource_id
        return {"TopicArn": arn, "TopicName": arn.rsplit(":", 1)[-1]}[name]


class TopicPolicy(ThinModel):
    resource_type = "AWS::SNS::TopicPolicy"

    def put(self) -> None:
        policy = json.dumps(self.properties["PolicyDocument"])
        self.previous = getattr(self, "previous", {})
        for arn in self.properties["Topics"]:
            known = self.call("sns", "GetTopicAttributes", TopicArn=arn)["Attributes"]
            self.previous.setdefault(arn, known.get("Policy", ""))
            self._set(arn, policy)

    def _set(self, arn: str, policy: str) -> None:
        arguments = {"AttributeName": "Policy", "AttributeValue": policy}
        self.call("sns", "SetTopicAttributes", TopicArn=arn, **arguments)

    def remove(self) -> None:
        """A topic gets its first policy back."""
        for arn, policy in self.previous.items():
            self._set(arn, policy)


class Subscription(ThinModel):
    resource_type = "AWS::SNS::Subscription"

    def put(self) -> None:
        if self.physical_resource_id.startswith("arn:"):
            return
        subscribed = self.call("sns", "Subscribe", ReturnSubscriptionArn=True, **self.properties)
        self.physical_resource_id = subscribed["SubscriptionArn"]

    def remove(self) -> None:
        self.call("sns", "Unsubscribe", SubscriptionArn=self.physical_resource_id)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
