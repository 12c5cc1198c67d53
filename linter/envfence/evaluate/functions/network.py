"""Functions on IP networks, both versions.

Comes in: converted arguments. Goes out: strings. Must not know: what the addresses are for.
"""

from __future__ import annotations

import ipaddress
import re

from envfence.evaluate.convert import NUMBER, STRING
from envfence.evaluate.functions.context import FunctionContext, FunctionError, Undecided
from envfence.evaluate.functions.spec import checked_count, function
from envfence.evaluate.functions.strings import whole
from envfence.values import Sequence, Value

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LEADING_ZEROS = re.compile(r"\b0+(?=\d)")
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")


def _network(text: str) -> _Network:
    """A prefix; Terraform reads 010 as 10, and takes an address inside of the network for it."""
    address, slash, length = text.partition("/")
    if not slash or not re.fullmatch(r"\d{1,3}", length, re.ASCII) or "%" in address:
        raise FunctionError(f'"{text[:60]}" is not a CIDR prefix')
    if ":" not in address:
        address = _LEADING_ZEROS.sub("", address)
    try:
        network = ipaddress.ip_network(f"{address}/{length}", strict=False)
    except ValueError:
        raise FunctionError(f'"{text[:60]}" is not a CIDR prefix') from None
    if isinstance(network, ipaddress.IPv6Network) and network.overlaps(_MAPPED) and network.prefixlen:
        raise Undecided("an IPv4 address within IPv6 is not covered")
    return network


def _written(network: _Network, number: int, length: int | None = None) -> str:
    address = ipaddress.IPv4Address(number) if network.version == 4 else ipaddress.IPv6Address(number)
    if isinstance(address, ipaddress.IPv6Address) and address in _MAPPED:
        raise Undecided("an IPv4 address within IPv6 is not covered")
    return str(address) if length is None else f"{address}/{length}"


@function("cidrhost", STRING, NUMBER, returns="string")
def cidrhost(_context: FunctionContext, prefix: str, number: Value) -> Value:
    """The address of a host, counted from the start or (negative) from the end."""
    network, host = _network(prefix), whole(number, "cidrhost")
    if not -network.num_addresses <= host < network.num_addresses:
        raise FunctionError(f"the prefix has no host number {host}")
    start = int(network.network_address) + (network.num_addresses if host < 0 else 0)
    return _written(network, start + host)


@function("cidrnetmask", STRING, returns="string")
def cidrnetmask(_context: FunctionContext, prefix: str) -> Value:
    """The netmask of an IPv4 prefix."""
    network = _network(prefix)
    if network.version != 4:
        raise FunctionError("only IPv4 has netmasks")
    return str(network.netmask)


@function("cidrsubnet", STRING, NUMBER, NUMBER, returns="string")
def cidrsubnet(_context: FunctionContext, prefix: str, newbits: Value, number: Value) -> Value:
    """A subnet by its number."""
    network, bits, at = _network(prefix), whole(newbits, "cidrsubnet"), whole(number, "cidrsubnet")
    if bits < 0 or at < 0:
        raise Undecided("cidrsubnet() of negative numbers is not covered")
    length = network.prefixlen + bits
    if length > network.max_prefixlen:
        raise FunctionError(f"the prefix cannot be extended by {bits} bits")
    if at >= 1 << bits:
        raise FunctionError(f"{bits} bits do not hold the number {at}")
    return _written(network, int(network.network_address) + (at << (network.max_prefixlen - length)), length)


@function("cidrsubnets", STRING, variadic=NUMBER, returns="list")
def cidrsubnets(_context: FunctionContext, prefix: str, *newbits: Value) -> Value:
    """Subnets of several sizes, one behind the other."""
    network = _network(prefix)
    checked_count(len(newbits))
    at, end = int(network.network_address), int(network.broadcast_address) + 1
    made = []
    for value in newbits:
        bits = whole(value, "cidrsubnets")
        length = network.prefixlen + bits
        if bits < 1 or bits > 32 or length > network.max_prefixlen:
            raise FunctionError(f"the prefix cannot be extended by {bits} bits")
        size = 1 << (network.max_prefixlen - length)
        start = (at + size - 1) // size * size
        if start + size > end:
            raise FunctionError("the prefix is too small for these subnets")
        made.append(_written(network, start, length))
        at = start + size
    return Sequence(tuple(made), "list")
