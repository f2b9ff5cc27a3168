"""Permissions: what a role lacks is refused.

moto checks nothing until `POST /moto-api/reset-auth` with the body `0`; then it evaluates policies without
resources (outside S3) and almost without conditions. With this bridge the same switch turns on an
evaluation of identity policies, bucket policies and trust policies as AWS makes it, except for permission
boundaries, session policies, service control policies, and encryption keys.

Whoever drives the rehearsal makes an IAM user with AdministratorAccess and an access key through the IAM
API before the switch, and goes on with that key: keys that no user or session has are refused.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from typing import Any, NoReturn
from urllib.parse import unquote, urlencode

from flask import has_request_context
from flask import request as http_request
from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.exceptions import JsonRESTError, _RESTError
from moto.ec2.models.instances import Instance
from moto.iam.access_control import AssumedRoleAccessKey, IAMRequestBase, PermissionResult, S3IAMRequest
from moto.iam.models import Policy, iam_backends
from moto.s3.exceptions import BucketAccessDeniedError, S3ClientError
from moto.s3.models import FakeBucket, s3_backends
from moto.utilities.utils import get_partition
from xmltodict import unparse

from . import internal
from .bridge import replaces
from .instance_metadata import role_of
from .policies import Decision, Request, decide
from .request_resources import Call, Context, Where, conditions_of, copied_from, resources_of

# IAM's name where it is not the API's.
ACTIONS = {"s3:HeadBucket": "s3:ListBucket", "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration"}
SERVICES = {"monitoring": "cloudwatch", "email": "ses"}


@replaces(ActionAuthenticatorMixin, "_authenticate_and_authorize_action")
def authenticate(self: Any, iam_request_cls: type, resource: str = "*") -> None:
    """Let CloudFormation's own calls through; refuse a request without a signature rather than die of it."""
    authorization = self.headers.get("Authorization", "")
    if f"Credential={internal.ACCESS_KEY}/" in authorization:
        return
    if not authorization and switched_on():
        code = "AccessDenied" if iam_request_cls is S3IAMRequest else "MissingAuthenticationToken"
        raise _RESTError(code, "The request carries no signature.")
    authenticate.original(self, iam_request_cls, resource)


def switched_on() -> bool:
    """Whether requests are checked."""
    from moto import settings

    return ActionAuthenticatorMixin.request_count >= settings.INITIAL_NO_AUTH_ACTION_COUNT


@replaces(IAMRequestBase, "_create_aws_request")
def signed_request(self: IAMRequestBase) -> Any:
    """What the signature was made of.

    moto takes the parameters that it read from the path for a body, so that no GET of a REST service such
    as Route 53 has the right signature.
    """
    parameters, form = self._data, "form-urlencoded" in self._headers.get("Content-Type", "")
    self._data = parameters if form else {}
    try:
        return signed_request.original(self)
    finally:
        self._data = parameters


@replaces(IAMRequestBase, "check_action_permitted")
def check_action_permitted(self: IAMRequestBase, resource: str) -> None:
    """Refuse unless every resource of the request is permitted and none denied."""
    service, _, name = self._action.partition(":")
    action = ACTIONS.get(self._action, f"{SERVICES.get(service, service)}:{name}")
    if action == "sts:GetCallerIdentity":
        return
    partition = get_partition(self._region)
    call = Call(action, self._path, _body(self), Where(partition, self.account_id, self._region))
    wanted = [(action, arn) for arn in ([resource] if service == "s3" else resources_of(call))]
    source = self._headers.get("x-amz-copy-source")
    if service == "s3" and source:
        wanted.append(("s3:GetObject", copied_from(source, partition)))
    if action == "s3:PutObject" and "x-amz-acl" in self._headers:
        wanted.append(("s3:PutObjectAcl", resource))
    if action == "s3:GetObject" and _is_absent(self.account_id, partition, resource):
        # Whether a key exists is for those to know who may list them.
        wanted.append(("s3:ListBucket", resource.partition("/")[0]))
    for each, arn in wanted:
        context = {**_context(self, call.where), **conditions_of(call, arn)}
        request = Request(each, arn, self._access_key.arn, self.account_id, context)
        if not _permitted(self, request):
            _refuse(self, request)


def _permitted(iam_request: IAMRequestBase, request: Request) -> bool:
    identity = decide(_documents(iam_request), request)
    if request.action == "sts:AssumeRole":
        return identity is not Decision.DENIED and _trusted(iam_request, request, identity)
    resource = decide(_bucket_policy(iam_request, request), request, resource_based=True)
    return Decision.DENIED not in (identity, resource) and Decision.ALLOWED in (identity, resource)


def _documents(iam_request: IAMRequestBase) -> list[Any]:
    documents = []
    for policy in iam_request._access_key.collect_policies():
        if isinstance(policy, Policy):
            documents += [version.document for version in policy.versions if version.is_default]
        elif isinstance(policy, dict) and "policy_document" in policy:
            documents.append(policy["policy_document"])
        else:
            documents.append(policy)
    return documents


def instance_may(account: str, instance: Instance, action: str) -> bool:
    """Whether the role of an instance allows what its agent does without a request that comes by here."""
    role = role_of(account, instance)
    if role is None:
        return False
    documents: list[Any] = list(role.policies.values())
    for policy in role.managed_policies.values():
        documents += [version.document for version in policy.versions if version.is_default]
    return decide(documents, Request(action, "*", role.arn, account)) is Decision.ALLOWED


def _trusted(iam_request: IAMRequestBase, request: Request, identity: Decision) -> bool:
    roles = iam_backends[request.account][get_partition(iam_request._region)].roles.values()
    for role in roles:
        if role.arn == request.resource:
            trust = [role.assume_role_policy_document]
            exactly = Request(request.action, request.resource, request.principal, "", request.context)
            # A role that trusts the account leaves it to the account's policies; one that names the
            # caller does not.
            if decide(trust, exactly, resource_based=True) is Decision.ALLOWED:
                return True
            by_account = decide(trust, request, resource_based=True) is Decision.ALLOWED
            return by_account and identity is Decision.ALLOWED
    return False


def _bucket_policy(iam_request: IAMRequestBase, request: Request) -> list[bytes]:
    if not request.action.startswith("s3:"):
        return []
    found, _ = _bucket_and_key(request.account, get_partition(iam_request._region), request.resource)
    return [found.policy] if found and found.policy else []


def _is_absent(account: str, partition: str, resource: str) -> bool:
    """Whether a bucket has no such object."""
    bucket, key = _bucket_and_key(account, partition, resource)
    return bucket is not None and unquote(key) not in bucket.keys


def _bucket_and_key(account: str, partition: str, resource: str) -> tuple[FakeBucket | None, str]:
    name, key = _name_and_key(resource)
    return s3_backends[account][partition].buckets.get(name), key


def _name_and_key(resource: str) -> tuple[str, str]:
    name, _, key = resource.split(":::", 1)[-1].partition("/")
    return name, key


def _body(iam_request: IAMRequestBase) -> str:
    body = iam_request._body
    text = body.decode(errors="replace") if isinstance(body, bytes) else body or ""
    # A form is parsed before it comes here, and its text is gone.
    return text or urlencode(iam_request._data, doseq=True)


def _context(iam_request: IAMRequestBase, where: Where) -> Context:
    key = iam_request._access_key
    context: Context = {
        "aws:PrincipalAccount": where.account,
        "aws:PrincipalArn": key.arn,
        "aws:RequestedRegion": where.region,
        "aws:ResourceAccount": where.account,
        # Loopback has no TLS; on AWS the clients used here always have.
        "aws:SecureTransport": "true",
    }
    if isinstance(key, AssumedRoleAccessKey):
        context["aws:PrincipalArn"] = (
            f"arn:{where.partition}:iam::{where.account}:role/{key._owner_role_name}"
        )
        if key._session_name.startswith("i-"):
            context["ec2:SourceInstanceARN"] = where.arn("ec2", f"instance/{key._session_name}")
    return context


def _refuse(iam_request: IAMRequestBase, request: Request) -> NoReturn:
    is_s3 = isinstance(iam_request, S3IAMRequest)
    resource = f'"{request.resource}"' if is_s3 else request.resource
    message = (
        f"User: {request.principal} is not authorized to perform: {request.action} on resource: "
        f"{resource} because no identity-based policy allows the {request.action} action"
    )
    if is_s3:
        raise _S3Refused(request.resource, message)
    if "json" in iam_request._headers.get("Content-Type", ""):
        raise JsonRESTError("AccessDeniedException", message)
    raise _Refused(iam_request._service, message)


class _S3Refused(BucketAccessDeniedError):
    """With the sentence that S3 has for callers of its own account; moto's says "Access Denied"."""

    def __init__(self, resource: str, message: str):
        S3ClientError.__init__(self, "AccessDenied", message)
        self.bucket_name = _name_and_key(resource)[0]


class _Refused(_RESTError):
    """In the XML of the service's protocol: moto's own is EC2's, of which an SDK elsewhere reads no code."""

    code = 403

    def __init__(self, service: str, message: str):
        super().__init__("UnauthorizedOperation" if service == "ec2" else "AccessDenied", message)
        if service != "ec2":
            error = {"Type": "Sender", "Code": self.error_type, "Message": message}
            self.description = unparse({"ErrorResponse": {"Error": error}}, full_document=True)


@replaces(FakeBucket, "get_permission")
def anonymous_permission(self: FakeBucket, action: str, resource: str) -> PermissionResult:
    """What the bucket's policy says to a request without a signature; a signed one is checked above.

    moto asks this of every request, without principal or conditions: the CDK's "only with TLS" denies all.
    """
    if self.policy is None or (has_request_context() and "Authorization" in http_request.headers):
        return PermissionResult.NEUTRAL
    request = Request(action, resource, "anonymous", context={"aws:SecureTransport": "true"})
    decision = decide([self.policy], request, resource_based=True)
    return {
        Decision.ALLOWED: PermissionResult.PERMITTED,
        Decision.DENIED: PermissionResult.DENIED,
        Decision.SILENT: PermissionResult.NEUTRAL,
    }[decision]
