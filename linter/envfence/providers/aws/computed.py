"""Values that the AWS provider computes and that envfence can compute too.

Comes in: one resource's or data source's own values, and its provider's account, region and partition. Goes out:
computed attributes: policy documents, ARNs of identities, who and where the provider acts.
Must not know: other resources.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from envfence.providers.aws.documents import computed as policy_document
from envfence.providers.common.templates import Subject, fill
from envfence.values import Mapping, Symbols, Value


class Request(Protocol):
    """What evaluate says about the resource whose attributes are wanted."""

    @property
    def address(self) -> str:
        """The address of the resource."""

    @property
    def mode(self) -> str:
        """`managed` or `data`."""

    @property
    def values(self) -> Mapping:
        """Its attributes as written."""

    @property
    def account(self) -> str:
        """The account its provider acts in, holed."""

    @property
    def region(self) -> str:
        """The region its provider acts in, holed."""

    @property
    def partition(self) -> str:
        """The partition its provider acts in."""

    @property
    def symbols(self) -> Symbols:
        """The symbols of the deployment."""

    @property
    def scope(self) -> str:
        """The deployment."""


_SUFFIXES = {"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}
_IDENTITIES: dict[str, dict[str, str]] = {
    "aws_iam_role": {
        "arn": "arn:${partition}:iam::${account}:role${path=/}${name}",
        "name": "${name}",
        "id": "${name}",
        "unique_id": "${?unique_id}",
    },
    "aws_iam_user": {
        "arn": "arn:${partition}:iam::${account}:user${path=/}${name}",
        "name": "${name}",
        "id": "${name}",
        "unique_id": "${?unique_id}",
    },
    "aws_iam_group": {
        "arn": "arn:${partition}:iam::${account}:group${path=/}${name}",
        "name": "${name}",
        "id": "${name}",
    },
    "aws_iam_policy": {
        "arn": "arn:${partition}:iam::${account}:policy${path=/}${name}",
        "id": "arn:${partition}:iam::${account}:policy${path=/}${name}",
        "name": "${name}",
    },
    "aws_iam_instance_profile": {
        "arn": "arn:${partition}:iam::${account}:instance-profile${path=/}${name}",
        "name": "${name}",
        "id": "${name}",
    },
    "aws_iam_openid_connect_provider": {
        "arn": "arn:${partition}:iam::${account}:oidc-provider/${!url}",
        "id": "arn:${partition}:iam::${account}:oidc-provider/${!url}",
    },
    "aws_iam_saml_provider": {
        "arn": "arn:${partition}:iam::${account}:saml-provider/${name}",
        "id": "arn:${partition}:iam::${account}:saml-provider/${name}",
    },
    "aws_cloudfront_origin_access_identity": {
        "iam_arn": "arn:${partition}:iam::cloudfront:user/CloudFront Origin Access Identity ${?id}",
        "id": "${?id}",
    },
}
#: Look-ups give paths and ids that the source does not show: only what the name settles is computed.
_LOOKUPS = {
    "aws_iam_role": "arn:${partition}:iam::${account}:role${?path}${name}",
    "aws_iam_user": "arn:${partition}:iam::${account}:user${?path}${user_name}",
    "aws_iam_policy": "arn:${partition}:iam::${account}:policy${?path}${name}",
    "aws_iam_openid_connect_provider": "arn:${partition}:iam::${account}:oidc-provider/${!url}",
}


def _identity(type_: str) -> Callable[[Request], dict[str, Value]]:
    def compute(request: Request) -> dict[str, Value]:
        subject = _subject(request)
        if request.mode == "data":
            return _looked_up(type_, request, subject)
        return {name: fill(template, subject) for name, template in _IDENTITIES[type_].items()}

    return compute


def _looked_up(type_: str, request: Request, subject: Subject) -> dict[str, Value]:
    if request.values.items.get("arn"):
        return {"id": request.values.items["arn"]}
    template = _LOOKUPS.get(type_)
    if template is None:
        return {}
    # Nearly everything stands at the path `/`; an unknown path would match nothing.
    result: dict[str, Value] = {"arn": fill(template, subject).replace(subject.hole("path"), "/")}
    if type_ == "aws_iam_role":
        result["id"] = fill("${name}", subject)
    return result


def _subject(request: Request) -> Subject:
    context = {"partition": request.partition or "aws", "account": request.account, "region": request.region}
    return Subject(request.address, request.values, context, request.symbols, request.scope)


def _document(request: Request) -> dict[str, Value]:
    return policy_document(request.values)


def _caller(request: Request) -> dict[str, Value]:
    return {"account_id": request.account, "id": request.account}


def _partition(request: Request) -> dict[str, Value]:
    partition = request.partition or "aws"
    suffix = _SUFFIXES.get(partition)
    result: dict[str, Value] = {"partition": partition, "id": partition}
    if suffix:
        result |= {"dns_suffix": suffix, "reverse_dns_prefix": ".".join(reversed(suffix.split(".")))}
    return result


def _region(request: Request) -> dict[str, Value]:
    given = request.values.items.get("name") or request.values.items.get("region")
    region: Value = given if isinstance(given, str) else request.region
    return {"name": region, "region": region, "id": region}


TYPES = ()
COMPUTED: dict[str, Callable[[Request], dict[str, Value]]] = {
    "aws_iam_policy_document": _document,
    "aws_caller_identity": _caller,
    "aws_partition": _partition,
    "aws_region": _region,
    **{type_: _identity(type_) for type_ in _IDENTITIES},
}


def extract(resource: object, builder: object) -> None:
    """This file has no facts to give, only values."""
