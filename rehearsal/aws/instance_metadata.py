"""What the metadata service of an instance answers, by path, with credentials of the instance's own role.

moto's metadata endpoint is one for all instances, with made-up credentials of a made-up role. EC2 assumes
the role of the instance's profile as `ec2.amazonaws.com`, which the role must trust, and hands on the
session; its policies then decide what the boot may do.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

from moto.core.utils import iso_8601_datetime_without_milliseconds, utcnow
from moto.ec2 import ec2_backends
from moto.ec2.exceptions import InvalidInstanceIdError
from moto.ec2.models.instances import Instance
from moto.iam.models import InstanceProfile, Role, iam_backends
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from .policies import Decision, Request, decide

SESSION = timedelta(hours=6)
# EC2 has fresh credentials ready at least five minutes before the old ones end.
RENEWED_BEFORE_END = timedelta(minutes=5)
_sessions: dict[tuple[str, str], dict[str, str]] = {}


def find_instance(account: str, instance_id: str) -> Instance | None:
    """The instance of this id, running or not, in whichever region."""
    for backend in list(ec2_backends[account].values()):
        try:
            return backend.get_instance(instance_id)
        except InvalidInstanceIdError:
            continue
    return None


def answer(account: str, instance: Instance, path: str) -> str | None:
    """The text at a path under `/latest/`; None where the service has nothing."""
    region = instance.region_name
    profile, role = _profile(account, instance), role_of(account, instance)
    texts = {
        "dynamic/instance-identity/document": json.dumps(_identity(account, instance), indent=2),
        "meta-data/ami-id": instance.image_id,
        "meta-data/hostname": instance.private_dns_name,
        "meta-data/instance-id": instance.id,
        "meta-data/instance-type": instance.instance_type,
        "meta-data/local-hostname": instance.private_dns_name,
        "meta-data/local-ipv4": instance.private_ip,
        "meta-data/placement/availability-zone": instance.availability_zone,
        "meta-data/placement/region": region,
        "meta-data/services/domain": "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com",
        "meta-data/services/partition": get_partition(region),
    }
    if profile:
        texts["meta-data/iam/info"] = json.dumps(
            {
                "Code": "Success",
                "LastUpdated": iso_8601_datetime_without_milliseconds(utcnow()),
                "InstanceProfileArn": profile.arn,
                "InstanceProfileId": profile.id,
            },
            indent=2,
        )
    if role:
        texts["meta-data/iam/security-credentials"] = role.name
        if path == f"meta-data/iam/security-credentials/{role.name}":
            return json.dumps(_credentials(account, region, instance.id, role), indent=2)
    return texts.get(path.rstrip("/"))


def role_of(account: str, instance: Instance) -> Role | None:
    """The role that the instance acts as."""
    profile = _profile(account, instance)
    return profile.roles[0] if profile and profile.roles else None


def _profile(account: str, instance: Instance) -> InstanceProfile | None:
    attached: Any = instance.iam_instance_profile
    if not attached:
        return None
    partition = get_partition(instance.region_name)
    return iam_backends[account][partition].get_instance_profile_by_arn(attached["Arn"])


def _identity(account: str, instance: Instance) -> dict[str, Any]:
    return {
        "accountId": account,
        "architecture": instance.architecture,
        "availabilityZone": instance.availability_zone,
        "imageId": instance.image_id,
        "instanceId": instance.id,
        "instanceType": instance.instance_type,
        "pendingTime": iso_8601_datetime_without_milliseconds(instance.launch_time),
        "privateIp": instance.private_ip,
        "region": instance.region_name,
        "version": "2017-09-30",
    }


def _credentials(account: str, region: str, instance_id: str, role: Role) -> dict[str, str]:
    trust = Request("sts:AssumeRole", role.arn, "ec2.amazonaws.com", account)
    if decide([role.assume_role_policy_document], trust, resource_based=True) is not Decision.ALLOWED:
        return {
            "Code": "AssumeRoleUnauthorizedAccess",
            "Message": f"EC2 cannot assume the role {role.name}: it does not trust ec2.amazonaws.com.",
        }
    known = _sessions.get((instance_id, role.id))
    if known is None or _ends_soon(known):
        session = sts_backends[account][get_partition(region)].assume_role(
            region_name=region,
            role_session_name=instance_id,
            role_arn=role.arn,
            policy="",
            duration=int(SESSION.total_seconds()),
            external_id="",
        )
        _sessions[instance_id, role.id] = known = {
            "Code": "Success",
            "LastUpdated": iso_8601_datetime_without_milliseconds(utcnow()),
            "Type": "AWS-HMAC",
            "AccessKeyId": session.access_key_id,
            "SecretAccessKey": session.secret_access_key,
            "Token": session.session_token,
            "Expiration": iso_8601_datetime_without_milliseconds(utcnow() + SESSION),
        }
    return known


def _ends_soon(session: dict[str, str]) -> bool:
    end = datetime.strptime(session["Expiration"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return end - datetime.now(timezone.utc) < RENEWED_BEFORE_END
