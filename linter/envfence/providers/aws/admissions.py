"""Which addresses security groups let in, and which addresses networks have.

Comes in: networks, security groups and their rules. Goes out: ranges as names, and references from ranges that are let
in. Must not know: what listens behind a group, environments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.providers.aws.contract import walk
from envfence.providers.common.addresses import add_ranges, admit, port_range
from envfence.providers.common.values import text, texts
from envfence.values import Mapping, Value

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_RULE, _SINGLE = "aws_security_group_rule", "aws_vpc_security_group_ingress_rule"
TYPES = ("aws_vpc", "aws_security_group", _RULE, _SINGLE)


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The ranges of one network, or those that one group or rule lets in."""
    values = resource.values
    if resource.type == "aws_vpc":
        add_ranges(resource, builder, texts(values.items.get("cidr_block")))
    elif resource.type == "aws_security_group":
        for path, block in walk(values, "ingress[]"):
            if isinstance(block, Mapping):
                _admit(resource, builder, f"{path}.cidr_blocks", block.items.get("cidr_blocks"), block)
    elif resource.type == _SINGLE:
        _admit(resource, builder, "cidr_ipv4", values.items.get("cidr_ipv4"), values)
    elif text(values.items.get("type")) == "ingress":
        _admit(resource, builder, "cidr_blocks", values.items.get("cidr_blocks"), values)


def _admit(resource: Resource, builder: FactsBuilder, path: str, ranges: Value, ports: Mapping) -> None:
    said = port_range(_number(ports.items.get("from_port")), _number(ports.items.get("to_port")))
    for each in texts(ranges) if ranges is not None else ():
        admit(resource, builder, path, each, said)


def _number(value: Value) -> object:
    found = text(value) if value is not None else None
    return int(found) if found is not None and found.lstrip("-").isdigit() else found
