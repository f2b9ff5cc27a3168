"""Route 53: zones that are private where the template says so, and records.

moto's CloudFormation passes over a zone's VPCs, and its DeleteHostedZone takes the records along. AWS
refuses to delete a zone with records besides its own, such as one that an instance has put there.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-route53-hostedzone.html
"""

from __future__ import annotations

import uuid
from typing import Any

from .thin import ThinModel

# A zone has these at its top by itself.
OWN_TYPES = {"NS", "SOA"}


class HostedZone(ThinModel):
    resource_type = "AWS::Route53::HostedZone"
    vpcs: list[dict[str, str]] | None = None

    def put(self) -> None:
        wanted = self.properties.get("VPCs", [])
        if self.vpcs is None:
            self._create(wanted)
        for vpc in [vpc for vpc in wanted if vpc not in self.vpcs]:
            self.call(
                "route53", "AssociateVPCWithHostedZone", HostedZoneId=self.physical_resource_id, VPC=vpc
            )
        for vpc in [vpc for vpc in self.vpcs if vpc not in wanted]:
            self.call(
                "route53", "DisassociateVPCFromHostedZone", HostedZoneId=self.physical_resource_id, VPC=vpc
            )
        self.vpcs = wanted

    def _create(self, vpcs: list[dict[str, str]]) -> None:
        comment = self.properties.get("HostedZoneConfig", {}).get("Comment", "")
        created = self.call(
            "route53",
            "CreateHostedZone",
            Name=self.properties["Name"],
            VPC=vpcs[0] if vpcs else None,
            CallerReference=str(uuid.uuid4()),
            HostedZoneConfig={"Comment": comment, "PrivateZone": bool(vpcs)},
        )
        self.physical_resource_id = created["HostedZone"]["Id"].rsplit("/", 1)[-1]
        self.vpcs = vpcs[:1]

    def remove(self) -> None:
        zone = self.physical_resource_id
        known = self.call("route53", "ListResourceRecordSets", HostedZoneId=zone)["ResourceRecordSets"]
        left = [f"{record['Name']} {record['Type']}" for record in known if record["Type"] not in OWN_TYPES]
        if left:
            raise ValueError(
                "The specified hosted zone contains non-required resource record sets and so cannot be "
                f"deleted: {', '.join(left)}"
            )
        self.call("route53", "DeleteHostedZone", Id=zone)

    def get_cfn_attribute(self, name: str) -> Any:
        found = self.call("route53", "GetHostedZone", Id=self.physical_resource_id)
        return {
            "Id": self.physical_resource_id,
            "NameServers": found.get("DelegationSet", {}).get("NameServers", []),
        }[name]


class RecordSet(ThinModel):
    resource_type = "AWS::Route53::RecordSet"
    known: dict[str, Any] | None = None

    def put(self) -> None:
        self.physical_resource_id = self.properties["Name"].rstrip(".")
        self.known = self._record()
        self._change("UPSERT", self.known)

    def _record(self) -> dict[str, Any]:
        record = self.but("Comment", "HostedZoneId", "HostedZoneName", "ResourceRecords")
        if "ResourceRecords" in self.properties:
            values = self.properties["ResourceRecords"]
            record["ResourceRecords"] = [{"Value": value} for value in values]
        return record

    def _change(self, action: str, record: dict[str, Any]) -> None:
        changes = [{"Action": action, "ResourceRecordSet": record}]
        zone = self.properties["HostedZoneId"]
        self.call("route53", "ChangeResourceRecordSets", HostedZoneId=zone, ChangeBatch={"Changes": changes})

    def remove(self) -> None:
        self._change("DELETE", self.known)
