"""Documents that a policy document is merged from: what is no policy among them is a problem at its own line.

Comes in: `data.aws_iam_policy_document`. Goes out: problems. Must not know: what the document allows.
"""

from __future__ import annotations

from envfence.providers.aws.contract import Builder, ResourceView, place, walk
from envfence.providers.aws.policyjson import PolicyError, loads

TYPES = ("aws_iam_policy_document",)
_SOURCES = ("source_policy_documents[]", "override_policy_documents[]", "source_json", "override_json")


def extract(resource: ResourceView, builder: Builder) -> None:
    """Notes the sources and overrides of one document that are no JSON objects."""
    for sources in _SOURCES:
        for path, value in walk(resource.values, sources):
            if not isinstance(value, str) or not value.strip():
                continue
            try:
                data = loads(value)
            except PolicyError as error:
                builder.problem(str(error), place(resource, path), hides=f"a part of {resource.address}")
                continue
            if isinstance(data, str | int | float | list):
                reason = "the policy is not a JSON object"
                builder.problem(reason, place(resource, path), hides=f"a part of {resource.address}")
