"""Security groups and their rules.

moto's CloudFormation keeps the open egress rule beside the template's own, needs ports where the protocol
is -1, takes no IPv6 range in a rule's own resource, has no egress rule as one, and answers a changed group
by deleting and making it again, from under the instances that use it. Rules are revoked by id: described as
a permission, moto finds no IPv6 rule.

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


class _Allowed:
    """A permission that a group has, and the rules it became."""

    def __init__(self, model: ThinModel, group: str, direction: str, permission: dict[str, Any]):
        self.group, self.direction, self.permission = group, direction, permission
        operation = f"AuthorizeSecurityGroup{direction}"
        made = model.call("ec2", operation, GroupId=group, IpPermissions=[permission])
        self.ids = [rule["SecurityGroupRuleId"] for rule in made["SecurityGroupRules"]]

    def revoke(self, model: ThinModel) -> None:
        operation = f"RevokeSecurityGroup{self.direction}"
        model.call("ec2", operation, GroupId=self.group, SecurityGroupRuleIds=self.ids)


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
        self.rules: dict[str, list[_Allowed]] = {"Ingress": [], "Egress": []}
        if "SecurityGroupEgress" in self.properties:
            # The rule that every new group has, which the template's own take the place of.
            open_rule = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
            group = self.physical_resource_id
            self.call("ec2", "RevokeSecurityGroupEgress", GroupId=group, IpPermissions=[open_rule])

    def _converge(self, direction: str, rules: list[dict[str, Any]]) -> None:
        wanted = [permission(rule) for rule in rules]
        for allowed in [known for known in self.rules[direction] if known.permission not in wanted]:
            self.rules[direction].remove(allowed)
            allowed.revoke(self)
        known = [allowed.permission for allowed in self.rules[direction]]
        for rule in [rule for rule in wanted if rule not in known]:
            self.rules[direction].append(_Allowed(self, self.physical_resource_id, direction, rule))

    def remove(self) -> None:
        self.call("ec2", "DeleteSecurityGroup", GroupId=self.physical_resource_id)

    def get_cfn_attribute(self, name: str) -> str:
        group = self.physical_resource_id
        return {"GroupId": group, "Id": group, "VpcId": self.properties.get("VpcId")}[name]


class _Rule(ThinModel):
    """A rule as a resource of its own; one that changes is revoked first."""

    direction = ""
    allowed: _Allowed | None = None

    def put(self) -> None:
        wanted = permission(self.properties)
        if self.allowed:
            self.remove()
        self.allowed = _Allowed(self, self.properties["GroupId"], self.direction, wanted)

    def remove(self) -> None:
        self.allowed.revoke(self)


class SecurityGroupIngress(_Rule):
    resource_type = "AWS::EC2::SecurityGroupIngress"
    direction = "Ingress"


class SecurityGroupEgress(_Rule):
    resource_type = "AWS::EC2::SecurityGroupEgress"
    direction = "Egress"
