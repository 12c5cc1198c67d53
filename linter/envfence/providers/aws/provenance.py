"""Where the statements of a policy were written, and which policies a deployment declares.

Comes in: all resources of one deployment. Goes out: for a statement, the policy document and block that it comes from
(equal statements are the same statement: how a document reaches a policy through modules and merges does not matter).
Must not know: what a statement allows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from envfence.model import Evidence
from envfence.providers.aws.contract import Builder, ResourceView, attribute, place, walk
from envfence.providers.aws.documents import own_statements
from envfence.providers.aws.policyjson import Bare, Data, dumps
from envfence.providers.aws.statements import Statement
from envfence.values import Span, is_fully_known

DOCUMENT = "aws_iam_policy_document"
#: Looking up where an element was written costs time; a statement with more elements points to itself only.
_MAX_ELEMENTS = 200
#: Whoever asks for a place wants that of what is reached, or of who comes in; the place of an action is the
#: statement's.
_ELEMENTS = ("resources", "not_resources")


@dataclass(slots=True)
class Declared:
    """What one deployment declares: statements of documents by their text, and policies by path and name."""

    statements: dict[str, list[tuple[ResourceView, int]]] = field(default_factory=dict)
    policies: dict[str, list[ResourceView]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """Where a statement stands: its span, the evidence in order, the places of its elements, and the variable whose
    default an empty principal is."""

    span: Span
    evidence: tuple[Evidence, ...]
    elements: dict[str, Span]
    empty: Evidence | None = None


def declared(builder: Builder) -> Declared:
    """The index of the deployment, made once."""
    found = builder.memo.get("aws.declared")
    if isinstance(found, Declared):
        return found
    result = Declared()
    for resource in builder.resources:
        if resource.type == DOCUMENT:
            for index, statement in enumerate(own_statements(resource.values)):
                result.statements.setdefault(_key(statement), []).append((resource, index))
        elif resource.type == "aws_iam_policy" and resource.mode == "managed":
            result.policies.setdefault(policy_key(builder, resource), []).append(resource)
    builder.memo["aws.declared"] = result
    return result


def policy_key(builder: Builder, resource: ResourceView) -> str:
    """What stands behind `:policy` in the ARN of a policy."""
    path = resource.values.items.get("path")
    return (path if isinstance(path, str) and path else "/") + attribute(builder, resource, "name")


def written(builder: Builder, resource: ResourceView, path: str, statement: Statement, says: str) -> Written:
    """Where `statement`, found in the attribute `path` of `resource`, was written."""
    found = _document(builder, resource, statement)
    label = f'statement "{statement.sid}"' if statement.sid else f"statement {statement.index + 1}"
    attachment = Evidence(span=place(resource, path), says=says, address=resource.address)
    calls = tuple(
        Evidence(span=call.span, says="module call", address=call.address) for call in reversed(resource.calls)
    )
    if found is None:
        elements = _elements_in_text(resource, path, statement)
        inside = [span for span in elements.values() if _within(span, attachment.span)]
        span = min(inside, default=attachment.span)
        first = Evidence(span=span, says=label, address=resource.address)
        rest = () if span == attachment.span else (attachment,)
        return Written(span, (first, *rest, *calls), elements)
    document, index = found
    span = document.span_of(f"statement[{index}]") or document.span
    first = Evidence(span=span, says=label, address=document.address)
    elements = _elements_in_blocks(document, index, statement)
    return Written(span, (first, attachment, *calls), elements, _empty_principal(document, index, statement))


def _document(builder: Builder, resource: ResourceView, statement: Statement) -> tuple[ResourceView, int] | None:
    if not isinstance(statement.data, dict):
        return None
    candidates = declared(builder).statements.get(_key(statement.data), ())
    near = [found for found in candidates if found[0].module_path == resource.module_path]
    return next(iter(near or candidates), None)


def _key(statement: Data | Bare) -> str:
    return dumps(statement)


def _elements_in_blocks(document: ResourceView, index: int, statement: Statement) -> dict[str, Span]:
    paths = {f"statement[{index}].{name}": getattr(statement, name) for name in _ELEMENTS}
    result: dict[str, Span] = {}
    for path, leaves in paths.items():
        _add_leaves(result, document, path, leaves)
    for name, pairs in (("principals", statement.principals), ("not_principals", statement.not_principals)):
        for path, _ in walk(document.values, f"statement[].{name}[].identifiers"):
            if path.startswith(f"statement[{index}]."):
                _add_leaves(result, document, path, tuple(value for _, value in pairs))
    return result


def _empty_principal(document: ResourceView, index: int, statement: Statement) -> Evidence | None:
    """The variable whose default is a principal that is an empty text, and where it is named as one."""
    if not any(value == "" for _, value in statement.principals):
        return None
    for path, _ in walk(document.values, "statement[].principals[].identifiers"):
        if path.startswith(f"statement[{index}]."):
            places = document.origin_of_leaf(path, "")
            variable = next((place.address for place in reversed(places) if place.address.startswith("var.")), "")
            if variable:
                return Evidence(span=places[0].span, says="names it", address=variable)
    return None


def _elements_in_text(resource: ResourceView, path: str, statement: Statement) -> dict[str, Span]:
    result: dict[str, Span] = {}
    if is_fully_known(resource.values.items.get(path.partition("[")[0])) and resource.span_of(path) is None:
        return result
    pairs = (*statement.principals, *statement.not_principals)
    named = (*statement.resources, *statement.not_resources, *(value for _, value in pairs))
    # In a text the actions are the next best thing to tell where the statement is.
    everything = named if set(named) - {"*"} else (*named, *statement.actions, *statement.not_actions)
    result.update(_in_heredoc(resource, path, statement.sid, everything))
    _add_leaves(result, resource, path, everything)
    return result


def _in_heredoc(resource: ResourceView, path: str, sid: str, leaves: tuple[str, ...]) -> dict[str, Span]:
    """The lines of elements inside a here-document; nothing unless every line of the text is one of the source."""
    value, span = resource.values.items.get(path.partition("[")[0]), resource.span_of(path)
    if not isinstance(value, str) or span is None or len(leaves) > _MAX_ELEMENTS:
        return {}
    inside = span.end_line - span.line - 1
    if inside < 1 or value.count("\n") not in (inside, inside - 1):
        return {}
    start = value.find(f'"{sid}"') if sid and value.count(f'"{sid}"') == 1 else 0
    found: dict[str, Span] = {}
    for text in (sid, *leaves) if start else leaves:
        at = value.find(f'"{text}"', start)
        if at >= 0:
            line = span.line + 1 + value.count("\n", 0, at)
            found[text] = Span(path=span.path, line=line, column=1, end_line=line)
    return found


def _add_leaves(result: dict[str, Span], resource: ResourceView, path: str, leaves: tuple[str, ...]) -> None:
    if len(leaves) > _MAX_ELEMENTS:
        return
    for leaf in leaves:
        if leaf in result:
            continue
        found = resource.origin_of_leaf(path, leaf)
        if found:
            result[leaf] = found[-1].span


def _within(span: Span, outer: Span) -> bool:
    end = outer.end_line or outer.line
    return span.path == outer.path and outer.line <= span.line <= end
