"""Security groups and their rules.

moto's CloudFormation keeps the open egress rule beside the template's own, needs ports where the protocol
is -1, takes no IPv6 range in a rule's own resource, has no egress rule as one, and answers a changed group
by deleting and making it again, from under the instances that use it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
"""

from __future__ import annotations

from typing import Any

from .thin import ThinModel

# CloudFormation's flat rule is the API's permission with a list of one peer.
PEERS = {
    "CidrIp": ("IpRanges", "CidrIp"),
    "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "DestinationPrefixListId": ("PrefixListIds", "PrefixListId"),
    "DestinationSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "SourcePrefixListId": ("PrefixListIds", "PrefixListId"),
    "SourceSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
}
IGNORED = {"Description", "FromPort", "GroupId", "IpProtocol", "SourceSecurityGroupOwnerId", "ToPort"}


def permission(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule as the API's IpPermission."""
    unknown = set(rule) - set(PEERS) - IGNORED
    if unknown:
        raise ValueError(f"A security group rule has {', '.join(sorted(unknown))}, unknown here.")
    peers = [name for name in PEERS if name in rule]
    if len(peers) != 1:
        raise ValueError(f"A security group rule needs one of {', '.join(PEERS)}, got {peers or 'none'}.")
    list_name, key = PEERS[peers[0]]
    peer = {key: rule[peers[0]]}
    if rule.get("Description"):
        peer["Description"] = rule["Description"]
    ports = {name: rule[name] for name in ("FromPort", "ToPort") if name in rule}
    return {"IpProtocol": str(rule["IpProtocol"]), **ports, list_name: [peer]}


class SecurityGroup(ThinModel):
    resource_type = "AWS::EC2::SecurityGroup"
    name_property = "GroupName"

    def put(self) -> None:
        if not self.physical_resource_id.startswith("sg-"):
            self._create()
        for direction in ("Ingress", "Egress"):
            self._converge(direction, self.properties.get(f"SecurityGroup{direction}", []))

    def _create(self) -> None:
        tags = self.properties.get("Tags")
        specifications = [{"ResourceType": "security-group", "Tags": tags}] if tags else None
        created = self.call(
            "ec2",
            "CreateSecurityGroup",
            GroupName=self.physical_resource_id,
            Description=self.properties["GroupDescription"],
            VpcId=self.properties.get("VpcId"),
            TagSpecifications=specifications,
        )
        self.physical_resource_id = created["GroupId"]
        self.rules: dict[str, list[dict[str, Any]]] = {"Ingress": [], "Egress": []}
        if "SecurityGroupEgress" in self.properties:
            # The rule that every new group has, which the template's own take the place of.
            open_rule = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
            self._change("Revoke", "Egress", open_rule)

    def _converge(self, direction: str, rules: list[dict[str, Any]]) -> None:
        wanted, known = [permission(rule) for rule in rules], self.rules[direction]
        gone, new = (
            [rule for rule in known if rule not in wanted],
            [rule for rule in wanted if rule not in known],
        )
        if gone:
            self._change("Revoke", direction, gone)
        if new:
            self._change("Authorize", direction, new)
        self.rules[direction] = wanted

    def _change(self, verb: str, direction: str, permissions: list[dict[str, Any]]) -> None:
        group = self.physical_resource_id
        self.call("ec2", f"{verb}SecurityGroup{direction}", GroupId=group, IpPermissions=permissions)

    def remove(self) -> None:
        self.call("ec2", "DeleteSecurityGroup", GroupId=self.physical_resource_id)

    def get_cfn_attribute(self, name: str) -> str:
        group = self.physical_resource_id
        return {"GroupId": group, "Id": group, "VpcId": self.properties.get("VpcId")}[name]


class _Rule(ThinModel):
    """A rule as a resource of its own; one that changes is replaced, the old one revoked first."""

    direction = ""

    def put(self) -> None:
        if hasattr(self, "permission"):
            self.remove()
        self.permission = permission(self.properties)
        self._change("Authorize")

    def _change(self, verb: str) -> None:
        group, operation = self.properties["GroupId"], f"{verb}SecurityGroup{self.direction}"
        self.call("ec2", operation, GroupId=group, IpPermissions=[self.permission])

    def remove(self) -> None:
        self._change("Revoke")


class SecurityGroupIngress(_Rule):
    resource_type = "AWS::EC2::SecurityGroupIngress"
    direction = "Ingress"


class SecurityGroupEgress(_Rule):
    resource_type = "AWS::EC2::SecurityGroupEgress"
    direction = "Egress"
