"""Permissions of Lake Formation: who may read, change or drop what a catalogue of data has.

Comes in: `aws_lakeformation_permissions` whose principal is known by its ARN. Goes out: may references from the
principal to the permission, which stands for its database or table. Must not know: environments.

https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html. Seeing that a table exists
(DESCRIBE) is not counted.
"""

from __future__ import annotations

from envfence.model import Evidence, Reference
from envfence.providers.aws.contract import Builder, ResourceView, place, text, walk

TYPES = ("aws_lakeformation_permissions",)
#: From strong to weak.
_CAPABILITIES = (
    ("destroy", frozenset({"ALL", "SUPER", "DROP", "DELETE"})),
    ("write", frozenset({"INSERT", "ALTER", "DATA_LOCATION_ACCESS", "CREATE_TABLE"})),
    ("read", frozenset({"SELECT"})),
)


def extract(resource: ResourceView, builder: Builder) -> None:
    """The reference of one permission, by the strongest right in it."""
    principal = text(resource.values.items.get("principal")) or ""
    given = {value for _, value in walk(resource.values, "permissions[]") if isinstance(value, str)}
    capability = next((name for name, rights in _CAPABILITIES if rights & given), "")
    if resource.mode != "managed" or not capability or not principal.startswith("arn:"):
        return
    says = f"permits {', '.join(sorted(given))}"
    origin = resource.origin("principal")
    builder.add_reference(
        Reference(
            kind="may",
            node=resource.address,
            sought=principal,
            evidence=(Evidence(span=place(resource, "principal"), says=says, address=resource.address), *origin),
            outward=False,
            capability=capability,
            says=f"may {capability}, by Lake Formation,",
        )
    )
