"""Rights that are given by resources of their own, without a policy text.

Comes in: lambda permissions, KMS grants, event bus permissions, snapshot and image permissions, access to clusters.
Goes out: resource grants as if a policy statement said the same, and who may do what in a cluster. Must not know:
environments.
"""

from __future__ import annotations

from collections.abc import Callable

from envfence.model import Condition, Evidence, Grant, Principal, Reference
from envfence.providers.aws.contract import Builder, ResourceView, identifier, place, text, walk
from envfence.providers.aws.grants import LANGUAGE

#: The operations of a KMS grant that are IAM actions of the key; a grant never covers administration.
_KMS_OPERATIONS = frozenset(
    (
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "ReEncryptFrom",
        "ReEncryptTo",
        "CreateGrant",
        "RetireGrant",
        "DescribeKey",
        "Sign",
        "Verify",
        "GetPublicKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateMac",
        "VerifyMac",
        "DeriveSharedSecret",
    )
)
_SERVICE_SUFFIXES = (".amazonaws.com", ".amazonaws.com.cn", ".aws.internal")


def extract(resource: ResourceView, builder: Builder) -> None:
    """The grants of one such resource."""
    if resource.mode == "managed":
        _MAKERS[resource.type](resource, builder)


def _lambda(resource: ResourceView, builder: Builder) -> None:
    conditions = [
        *_condition(resource, "source_arn", "ArnLike", "AWS:SourceArn"),
        *_condition(resource, "source_account", "StringEquals", "AWS:SourceAccount"),
        *_condition(resource, "principal_org_id", "StringEquals", "aws:PrincipalOrgID"),
        *_condition(resource, "function_url_auth_type", "StringEquals", "lambda:FunctionUrlAuthType"),
    ]
    action = _get(resource, "action") or "lambda:InvokeFunction"
    target = identifier("aws_lambda_function", _get(resource, "function_name"))
    _add(builder, resource, "principal", target, (action,), tuple(conditions))


def _layer(resource: ResourceView, builder: Builder) -> None:
    conditions = _condition(resource, "organization_id", "StringEquals", "aws:PrincipalOrgID")
    target = identifier("aws_lambda_layer_version", _get(resource, "layer_name"))
    _add(builder, resource, "principal", target, (_get(resource, "action"),), conditions)


def _kms(resource: ResourceView, builder: Builder) -> None:
    found = [value for _, value in walk(resource.values, "operations[]") if isinstance(value, str)]
    operations = tuple(f"kms:{name}" for name in found if name in _KMS_OPERATIONS)
    conditions = tuple(
        Condition(test="StringEquals", variable=f"kms:EncryptionContext:{key}", values=(value,))
        for path in ("constraints[].encryption_context_equals", "constraints[].encryption_context_subset")
        for _, mapping in walk(resource.values, path)
        for key, value in _items(mapping)
    )
    target = identifier("aws_kms_key", _get(resource, "key_id"))
    _add(builder, resource, "grantee_principal", target, operations, conditions, policy="grant")


def _bus(resource: ResourceView, builder: Builder) -> None:
    conditions = tuple(
        Condition(test=test, variable=key, values=(value,))
        for _, block in walk(resource.values, "condition[]")
        for test, key, value in _bus_condition(block)
    )
    target = identifier("aws_cloudwatch_event_bus", _get(resource, "event_bus_name") or "default")
    action = _get(resource, "action") or "events:PutEvents"
    _add(builder, resource, "principal", target, (action,), conditions)


def _snapshot(resource: ResourceView, builder: Builder) -> None:
    target = identifier("aws_ebs_snapshot", _get(resource, "snapshot_id"))
    _add(builder, resource, "account_id", target, ("ec2:CreateVolume", "ec2:CopySnapshot"), ())


def _image(resource: ResourceView, builder: Builder) -> None:
    target = identifier("aws_ami", _get(resource, "image_id"))
    path = "group" if _get(resource, "group") else "account_id"
    _add(builder, resource, path, target, ("ec2:RunInstances", "ec2:CopyImage"), ())


#: What the policies that EKS maintains come to.
_CLUSTER = {
    "AmazonEKSClusterAdminPolicy": "administer",
    "AmazonEKSAdminPolicy": "administer",
    "AmazonEKSEditPolicy": "write",
    "AmazonEKSViewPolicy": "read",
    "AmazonEKSAdminViewPolicy": "read",
}


def _cluster(resource: ResourceView, builder: Builder) -> None:
    policy = _get(resource, "policy_arn").rpartition("/")[2]
    principal = _get(resource, "principal_arn")
    if policy not in _CLUSTER or not principal.startswith("arn:"):
        return
    says = f"is given {policy} by"
    builder.add_reference(
        Reference(
            kind="may",
            node=resource.address,
            sought=principal,
            evidence=(
                Evidence(span=place(resource, "principal_arn"), says="access to the cluster", address=resource.address),
            ),
            outward=False,
            capability=_CLUSTER[policy],
            says=says,
        )
    )


_MAKERS: dict[str, Callable[[ResourceView, Builder], None]] = {
    "aws_lambda_permission": _lambda,
    "aws_lambda_layer_version_permission": _layer,
    "aws_kms_grant": _kms,
    "aws_cloudwatch_event_permission": _bus,
    "aws_snapshot_create_volume_permission": _snapshot,
    "aws_ami_launch_permission": _image,
    "aws_eks_access_policy_association": _cluster,
}
TYPES = tuple(_MAKERS)


def _add(
    builder: Builder,
    resource: ResourceView,
    path: str,
    target: str,
    actions: tuple[str, ...],
    conditions: tuple[Condition, ...],
    policy: str = "resource",
) -> None:
    value = _get(resource, path)
    if not value or not actions:
        return
    origin = resource.origin(path)
    span = place(resource, path)
    principal = Principal(type=_kind(value), value=_principal(value), span=origin[0].span if origin else span)
    calls = tuple(Evidence(span=call.span, says="module call", address=call.address) for call in resource.calls)
    builder.add_grant(
        Grant(
            language=LANGUAGE,
            policy=policy,
            effect="Allow",
            span=resource.span,
            attached_to=target,
            principals=(principal,),
            actions=actions,
            resources=("*",),
            conditions=conditions,
            evidence=(Evidence(span=span, says="permission", address=resource.address), *calls),
            element_spans={principal.value: principal.span or span},
            address=resource.address,
        )
    )


def _kind(value: str) -> str:
    return "Service" if value.endswith(_SERVICE_SUFFIXES) else "AWS"


def _principal(value: str) -> str:
    return "*" if value == "all" else value


def _get(resource: ResourceView, name: str) -> str:
    return text(resource.values.items.get(name)) or ""


def _condition(resource: ResourceView, name: str, test: str, key: str) -> tuple[Condition, ...]:
    value = _get(resource, name)
    return (Condition(test=test, variable=key, values=(value,)),) if value else ()


def _items(value: object) -> list[tuple[str, str]]:
    items = getattr(value, "items", None)
    return [(key, item) for key, item in items.items() if isinstance(item, str)] if isinstance(items, dict) else []


def _bus_condition(block: object) -> list[tuple[str, str, str]]:
    found = dict(_items(block))
    return [(found["type"], found["key"], found["value"])] if {"type", "key", "value"} <= set(found) else []
