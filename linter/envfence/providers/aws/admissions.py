"""Whom security groups let in, and which addresses networks have.

Comes in: networks, subnets, security groups and their rules. Goes out: ranges as names, and references from ranges and
groups that are let in. Must not know: what listens behind a group, environments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.providers.aws.contract import walk
from envfence.providers.common.addresses import add_ranges, admit, admit_group, port_range
from envfence.providers.common.values import text, texts
from envfence.values import Mapping, Value

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_GROUP, _RULE, _SINGLE = "aws_security_group", "aws_security_group_rule", "aws_vpc_security_group_ingress_rule"
_NETWORKS = ("aws_vpc", "aws_subnet")
TYPES = (*_NETWORKS, _GROUP, _RULE, _SINGLE)


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The ranges of one network, or those that one group or rule lets in."""
    values = resource.values
    if resource.type in _NETWORKS:
        add_ranges(resource, builder, texts(values.items.get("cidr_block")))
    elif resource.type == _GROUP:
        for path, block in walk(values, "ingress[]"):
            if isinstance(block, Mapping):
                _admit(resource, builder, f"{path}.", block, ("cidr_blocks", "security_groups"))
    elif resource.type == _SINGLE:
        _admit(resource, builder, "", values, ("cidr_ipv4", "referenced_security_group_id"))
    elif text(values.items.get("type")) == "ingress":
        _admit(resource, builder, "", values, ("cidr_blocks", "source_security_group_id"))


def _admit(resource: Resource, builder: FactsBuilder, at: str, rule: Mapping, names: tuple[str, str]) -> None:
    """The references of one rule; `names` are its attributes for ranges and for groups."""
    ports = port_range(_number(rule.items.get("from_port")), _number(rule.items.get("to_port")))
    ranges, groups = (rule.items.get(name) for name in names)
    for each in texts(ranges) if ranges is not None else ():
        admit(resource, builder, at + names[0], each, ports)
    for each in texts(groups) if groups is not None else ():
        admit_group(resource, builder, at + names[1], f"{_GROUP}:{each}", ports)


def _number(value: Value) -> object:
    found = text(value) if value is not None else None
    return int(found) if found is not None and found.lstrip("-").isdigit() else found
