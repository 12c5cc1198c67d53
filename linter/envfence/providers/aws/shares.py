"""Shares of AWS Resource Access Manager: whom a resource is lent to.

Comes in: principals and resources of one share, joined by its ARN. Goes out: a resource grant for each pair, with what
the managed permission of that type of resource allows. Must not know: environments.

Types that only carry packets (subnets, transit gateways, prefix lists, rules of resolvers) are no matter of access.
https://docs.aws.amazon.com/ram/latest/userguide/shareable.html
"""

from __future__ import annotations

from envfence.model import Evidence, Grant, Principal
from envfence.providers.aws.contract import Builder, ResourceView, place, text
from envfence.providers.aws.grants import LANGUAGE

TYPES = ("aws_ram_principal_association",)
_LENT = "aws_ram_resource_association"
#: By service and the beginning of the resource: what the default permission allows. A cluster of Aurora can be cloned.
_ALLOWED: dict[tuple[str, str], tuple[str, ...]] = {
    ("rds", "cluster:"): ("rds:RestoreDBClusterToPointInTime",),
    ("ssm", "parameter/"): ("ssm:GetParameter", "ssm:GetParameters", "ssm:GetParameterHistory"),
    ("acm-pca", "certificate-authority/"): ("acm-pca:IssueCertificate", "acm-pca:GetCertificate"),
    ("dynamodb", "table/"): ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"),
    ("glue", "database/"): ("glue:GetDatabase", "glue:GetTable", "glue:GetTables"),
    ("glue", "table/"): ("glue:GetTable",),
    ("sagemaker", "feature-group/"): ("sagemaker:GetRecord", "sagemaker:BatchGetRecord"),
    ("codebuild", "project/"): ("codebuild:BatchGetProjects",),
}


def extract(resource: ResourceView, builder: Builder) -> None:
    """What one association of a principal lets it do with everything in the share."""
    share = text(resource.values.items.get("resource_share_arn"))
    principal = text(resource.values.items.get("principal"))
    if resource.mode != "managed" or not share or not principal:
        return
    for lent in _lent(builder).get(share, ()):
        arn = text(lent.values.items.get("resource_arn")) or ""
        actions = _actions(arn)
        if actions:
            builder.add_grant(_grant(resource, lent, principal, arn, actions))


def _lent(builder: Builder) -> dict[str, list[ResourceView]]:
    """The resources of each share of the deployment."""
    found = builder.memo.get("aws.shares")
    if found is None:
        found = builder.memo["aws.shares"] = {}
        for each in builder.resources:
            share = text(each.values.items.get("resource_share_arn")) if each.type == _LENT else None
            if share and each.mode == "managed":
                found.setdefault(share, []).append(each)
    return dict(found)


def _actions(arn: str) -> tuple[str, ...]:
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        return ()
    service, resource = parts[2], parts[5]
    return next((found for (of, start), found in _ALLOWED.items() if of == service and resource.startswith(start)), ())


def _grant(resource: ResourceView, lent: ResourceView, principal: str, arn: str, actions: tuple[str, ...]) -> Grant:
    origin = resource.origin("principal")
    span = origin[0].span if origin else place(resource, "principal")
    calls = tuple(Evidence(span=call.span, says="module call", address=call.address) for call in resource.calls)
    return Grant(
        language=LANGUAGE,
        policy="resource",
        effect="Allow",
        span=resource.span,
        attached_to=arn,
        principals=(Principal(type="AWS", value=principal, span=span),),
        actions=actions,
        resources=("*",),
        evidence=(
            Evidence(span=place(resource, "principal"), says="lent by a resource share to", address=resource.address),
            Evidence(span=place(lent, "resource_arn"), says="in the share", address=lent.address),
            *calls,
        ),
        element_spans={principal: span},
        address=resource.address,
    )
