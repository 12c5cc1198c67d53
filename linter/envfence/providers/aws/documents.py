"""`data.aws_iam_policy_document`: from its blocks to the JSON that the provider computes, merges included.

Comes in: the values of the data source. Goes out: `json` and `minified_json`, with holes where a part is unknown.
Must not know: who uses the document.

The provider's rules: sources first, then the own statements, then the overrides; a statement whose Sid is already
there replaces that one in place; a document's non-empty Id and a higher Version win; one element is a string,
several are a list in reverse order of text.
"""

from __future__ import annotations

from collections.abc import Iterable

from envfence.providers.aws.policyjson import Bare, Data, PolicyError, dumps, loads
from envfence.values import Mapping, Sequence, Unknown, Value, as_blocks

DEFAULT_VERSION = "2012-10-17"
_LISTS = (
    ("actions", "Action", False),
    ("not_actions", "NotAction", False),
    ("resources", "Resource", True),
    ("not_resources", "NotResource", True),
)
_ORDER = (
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
)

Statements = list[dict[str, Data] | Bare]


def document(values: Mapping) -> dict[str, Data] | Unknown:
    """The document as data, in the provider's key order; unknown when a source is not a policy at all."""
    version, identifier, statements = "", "", Statements()
    sources = (*_texts(values, "source_policy_documents"), *_texts(values, "source_json"))
    overrides = (*_texts(values, "override_policy_documents"), *_texts(values, "override_json"))
    own = _own(values)
    for part in (*(_parsed(source) for source in sources), own, *(_parsed(source) for source in overrides)):
        version = max(version, _text_of(part.get("Version")))
        identifier = _text_of(part.get("Id")) or identifier
        merge(statements, part.get("Statement"))
    result: dict[str, Data] = {}
    if version:
        result["Version"] = version
    if identifier:
        result["Id"] = identifier
    if statements:
        result["Statement"] = list(statements)
    return result


def computed(values: Mapping) -> dict[str, Value]:
    """The computed attributes of the data source."""
    data = document(values)
    if isinstance(data, Unknown):
        return {"json": data, "minified_json": data}
    return {"json": dumps(data, indent=True), "minified_json": dumps(data)}


def merge(statements: Statements, added: Data) -> None:
    """Adds statements as the provider does: by Sid in place, else at the end."""
    for item in added if isinstance(added, list) else [added]:
        if isinstance(item, Bare):
            statements.append(item)
        elif isinstance(item, dict):
            _merge_one(statements, {key: item[key] for key in _ORDER if key in item})


def own_statements(values: Mapping) -> Statements:
    """The document's own statements, one for each `statement` block, in order; what is unknown is `Bare`."""
    blocks = values.items.get("statement")
    if isinstance(blocks, Unknown):
        return [Bare(blocks.symbol)]
    items: Iterable[Value] = as_blocks(blocks)
    dialect = _text_of(values.items.get("version")) in ("", DEFAULT_VERSION)
    return [
        _statement(item, dialect) if isinstance(item, Mapping) else Bare(item.symbol)
        for item in items
        if isinstance(item, Mapping | Unknown)
    ]


def _merge_one(statements: Statements, statement: dict[str, Data]) -> None:
    sid = _text_of(statement.get("Sid"))
    for index, existing in enumerate(statements if sid else ()):
        if isinstance(existing, dict) and existing.get("Sid") == sid:
            statements[index] = statement
            return
    statements.append(statement)


def _own(values: Mapping) -> dict[str, Data]:
    return {
        "Version": _text_of(values.items.get("version")) or DEFAULT_VERSION,
        "Id": _text_of(values.items.get("policy_id")),
        "Statement": list(own_statements(values)),
    }


def _texts(values: Mapping, name: str) -> tuple[Value, ...]:
    value = values.items.get(name)
    if isinstance(value, Sequence):
        return value.items
    return () if value is None or value == "" else (value,)


def _parsed(source: Value) -> dict[str, Data]:
    if isinstance(source, Unknown):
        return {"Statement": [Bare(source.symbol)]}
    if not isinstance(source, str) or not source:
        return {}
    try:
        data = loads(source)
    except PolicyError:
        return {}
    if isinstance(data, Bare):
        return {"Statement": [data]}
    if not isinstance(data, dict):
        return {}
    statements = data.get("Statement")
    listed = statements if isinstance(statements, list) else [] if statements is None else [statements]
    return {**data, "Statement": [_as_read(item) for item in listed]}


def _as_read(statement: Data) -> Data:
    """A statement of a source as the provider prints it again: only principals change shape."""
    if not isinstance(statement, dict):
        return statement
    result = dict(statement)
    for key in ("Principal", "NotPrincipal"):
        value = result.get(key)
        if isinstance(value, dict):
            result[key] = {name: _sorted(value[name]) for name in sorted(value)}
    return result


def _sorted(value: Data) -> Data:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [*sorted((item for item in value if isinstance(item, str)), reverse=True)]
    return value


def _statement(block: Mapping, dialect: bool) -> dict[str, Data]:
    values = block.items
    result: dict[str, Data] = {}
    if sid := _scalar(values.get("sid")):
        result["Sid"] = sid
    effect = _scalar(values.get("effect"))
    result["Effect"] = "Allow" if effect in (None, "") else effect
    for attribute, key, variables in _LISTS:
        elements = _elements(values.get(attribute), variables and dialect)
        if elements is not None:
            result[key] = elements
    for attribute, key in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        principals = _principals(values.get(attribute), dialect)
        if principals is not None:
            result[key] = principals
    conditions = _conditions(values.get("condition"), dialect)
    if conditions is not None:
        result["Condition"] = conditions
    return result


def _principals(blocks: Value, dialect: bool) -> Data:
    if isinstance(blocks, Unknown):
        return Bare(blocks.symbol)
    result: dict[str, Data] = {}
    for block in as_blocks(blocks):
        if isinstance(block, Unknown):
            return Bare(block.symbol)
        if not isinstance(block, Mapping):
            continue
        kind = _scalar(block.items.get("type"))
        elements = _elements(block.items.get("identifiers"), dialect)
        if isinstance(kind, str) and elements is not None:
            result[kind] = _joined(result.get(kind), elements)
    if list(result) == ["*"] and result["*"] in ("*", ["*"]):
        return "*"
    return {key: result[key] for key in sorted(result)} or None


def _conditions(blocks: Value, dialect: bool) -> Data:
    if isinstance(blocks, Unknown):
        return Bare(blocks.symbol)
    result: dict[str, dict[str, Data]] = {}
    for block in as_blocks(blocks):
        if isinstance(block, Unknown):
            return Bare(block.symbol)
        if not isinstance(block, Mapping):
            continue
        test, variable = _scalar(block.items.get("test")), _scalar(block.items.get("variable"))
        elements = _elements(block.items.get("values"), dialect, ordered=True)
        if isinstance(test, str) and isinstance(variable, str) and elements is not None:
            keys = result.setdefault(test, {})
            keys[variable] = _joined(keys.get(variable), elements)
    return {test: {key: result[test][key] for key in sorted(result[test])} for test in sorted(result)} or None


def _joined(first: Data, second: Data) -> Data:
    if first is None:
        return second
    left = first if isinstance(first, list) else [first]
    return [*left, *(second if isinstance(second, list) else [second])]


def _elements(value: Value, variables: bool, ordered: bool = False) -> Data:
    """One string, a list, a `Bare`, or None when there is nothing."""
    if isinstance(value, Unknown) and (ordered or not value.parts):
        return Bare(value.symbol)
    if not isinstance(value, Sequence | Unknown):
        return None
    # Order and repetition mean nothing here, and an unknown text matches whatever several of them may.
    items = value.items if isinstance(value, Sequence) else value.parts
    texts = [text for text in (_scalar(item) for item in items) if isinstance(text, str)]
    if variables:
        texts = [text.replace("&{", "${") for text in texts]
    if not ordered:
        texts = sorted(set(texts), reverse=True)
    if not texts:
        return None
    return texts[0] if len(texts) == 1 else list(texts)


def _scalar(value: Value) -> str | None:
    """A string attribute; an unknown one is its hole."""
    if value is None or isinstance(value, Sequence | Mapping):
        return None
    if isinstance(value, Unknown):
        return value.symbol
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _text_of(value: object) -> str:
    return value if isinstance(value, str) else ""
