"""Whatever a function says about holed arguments holds for every text that may stand in the holes."""

import re
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envfence.evaluate.functions import LAZY, NAMES, FunctionContext, FunctionError, call
from envfence.evaluate.functions.spec import TABLE
from envfence.evaluate.partial import is_hole
from envfence.values import Mapping, Sequence, Symbol, Symbols, Unknown, Value, is_fully_known

SYMBOLS = Symbols()
CONTEXT = FunctionContext(symbols=SYMBOLS, scope="root")
HOLES = tuple(SYMBOLS.intern(Symbol(what=f"var.h{number}", scope="root")) for number in range(3))
LISTS = tuple(SYMBOLS.intern(Symbol(what=f"var.l{number}", scope="root")) for number in range(2))
NUMBERS = tuple(SYMBOLS.intern(Symbol(what=f"var.n{number}", scope="root")) for number in range(2))

#: Functions whose holes are taken for identifiers: no quotes, backslashes or line ends in them.
IDENTIFIERS = {"jsonencode", "jsondecode", "yamlencode", "yamldecode", "format", "formatlist"}
FILES = {name for name in NAMES if name.startswith(("file", "template"))}
SKIPPED = FILES | LAZY | {name for name in NAMES if TABLE[name].impure}

WORDS = ("", "a", "b", "ab", "A-b", "a/b", "x,y", "1", "01", "true", " a ", "a\nb", "/", "-", "%s", "10.0.0.0/8")
PLAIN = ("", "a", "b", "ab", "A-b", "a/b", "x,y", "1", "01", "true", "a b", "/", "-")

holed_text = st.lists(st.sampled_from([*HOLES, *WORDS]), max_size=4).map("".join)
unknown = st.one_of(
    st.sampled_from([Unknown(hole, "test") for hole in HOLES]),
    st.sampled_from([Unknown(hole, "test", type="string") for hole in HOLES]),
    st.sampled_from([Unknown(name, "test", type="number") for name in NUMBERS]),
    st.sampled_from([Unknown(name, "test", type="list") for name in LISTS]),
)
scalar = st.one_of(
    holed_text, holed_text, unknown, st.integers(-3, 5), st.booleans(), st.none(), st.just(Decimal("1.5"))
)


def _mapping(items: dict[str, Value], kind: str) -> Mapping:
    return Mapping({key: items[key] for key in sorted(items)}, kind)


anything = st.recursive(
    scalar,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: Sequence(tuple(items))),
        st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3).map(
            lambda items: _mapping(items, "object")
        ),
    ),
    max_leaves=6,
)
texts = st.lists(st.one_of(holed_text, unknown.filter(lambda item: item.type == "string")), max_size=4)
text_list = texts.map(lambda items: Sequence(tuple(items), "list"))
text_tuple = texts.map(lambda items: Sequence(tuple(items)))


def argument(kind: str) -> st.SearchStrategy[Value]:
    """Arguments for a parameter: mostly what fits."""
    return {
        "string": st.one_of(holed_text, holed_text, holed_text, scalar),
        "number": st.one_of(st.integers(-2, 6), st.integers(0, 3), scalar),
        "bool": scalar,
        "list": st.one_of(text_list, text_tuple, anything),
        "set": st.one_of(text_list, text_tuple, anything),
        "map": anything,
    }.get(kind, st.one_of(anything, holed_text, text_list, text_tuple))


def arguments(name: str) -> st.SearchStrategy[list[Value]]:
    """Argument lists for a function."""
    declared = TABLE[name]
    fixed = [argument(parameter.type.kind) for parameter in declared.parameters]
    if declared.variadic is None:
        return st.tuples(*fixed).map(list)
    rest = st.lists(argument(declared.variadic.type.kind), max_size=3)
    return st.tuples(st.tuples(*fixed), rest).map(lambda pair: [*pair[0], *pair[1]])


def fill(value: Value, contents: dict[str, Value]) -> Value:
    """The value with its unknowns replaced."""
    if isinstance(value, Unknown):
        return contents[value.symbol]
    if isinstance(value, str):
        return "".join(str(contents[char]) if is_hole(char) else char for char in value)
    if isinstance(value, Sequence):
        return Sequence(tuple(fill(item, contents) for item in value.items), value.kind)
    if isinstance(value, Mapping):
        return _mapping(
            {str(fill(key, contents)): fill(item, contents) for key, item in value.items.items()}, value.kind
        )
    return value


def pattern(text: str, contents: dict[str, Value]) -> re.Pattern[str]:
    """What a holed string may be once the contents of some holes are given."""
    parts = [re.escape(str(contents[c])) if c in contents else ".*" if is_hole(c) else re.escape(c) for c in text]
    return re.compile("".join(parts), re.DOTALL)


def agrees(said: Value, real: Value, contents: dict[str, Value]) -> bool:
    """Whether `real` is an instance of `said`."""
    if isinstance(said, Unknown):
        return not said.parts or not isinstance(real, Sequence) or _is_made_of(said.parts, real, contents)
    if isinstance(said, str):
        return isinstance(real, str) and pattern(said, contents).fullmatch(real) is not None
    if isinstance(said, Sequence) and isinstance(real, Sequence):
        return len(said) == len(real) and _items_agree(said, real, contents)
    if isinstance(said, Mapping) and isinstance(real, Mapping):
        return len(said) == len(real) and all(
            any(agrees(key, name, contents) and agrees(item, other, contents) for name, other in real.items.items())
            for key, item in said.items.items()
        )
    return type(said) is type(real) and said == real


def _is_made_of(parts: tuple[Value, ...], real: Sequence, contents: dict[str, Value]) -> bool:
    """Whether a list holds what is said to be its parts, and nothing else."""
    texts = [part for part in parts if isinstance(part, str)]
    lacking = [text for text in texts if not any(agrees(text, item, contents) for item in real.items)]
    return all(any(agrees(part, item, contents) for part in parts) for item in real.items) and all(
        pattern(text, contents).fullmatch("") for text in lacking
    )


def _items_agree(said: Sequence, real: Sequence, contents: dict[str, Value]) -> bool:
    if said.kind == "set":
        return all(any(agrees(item, other, contents) for other in real.items) for item in said.items)
    return all(agrees(item, other, contents) for item, other in zip(said.items, real.items, strict=True))


def outcome(name: str, args: list[Value]) -> tuple[bool, Value]:
    """Whether the call succeeds, and its value."""
    try:
        return True, call(name, args, CONTEXT)
    except FunctionError:
        return False, None


@pytest.mark.parametrize("name", sorted(NAMES - SKIPPED))
def test_holds_for_every_content_of_the_holes(name: str) -> None:
    words = PLAIN if name in IDENTIFIERS else WORDS

    @settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(
        arguments(name),
        st.lists(st.sampled_from(words), min_size=3, max_size=3),
        st.lists(st.integers(0, 3), min_size=2, max_size=2),
        st.lists(st.lists(st.sampled_from(words), max_size=3), min_size=2, max_size=2),
    )
    def check(args: list[Value], filled: list[str], numbers: list[int], lists: list[list[str]]) -> None:
        contents: dict[str, Value] = dict(zip(HOLES, filled, strict=True))
        contents.update(zip(NUMBERS, numbers, strict=True))
        contents.update({symbol: Sequence(tuple(items), "list") for symbol, items in zip(LISTS, lists, strict=True)})
        succeeds, said = outcome(name, args)
        assert (succeeds, said) == outcome(name, args), "the same call is another unknown"
        real_succeeds, real = outcome(name, [fill(arg, contents) for arg in args])
        if isinstance(real, Unknown):
            return
        if not succeeds:
            assert not real_succeeds, f"{name}({args}) is said to fail"
        elif real_succeeds:
            assert agrees(said, real, contents), f"{name}({args}) is said to be {said!r}, but is {real!r}"

    check()


@pytest.mark.parametrize("name", sorted(name for name in NAMES if TABLE[name].impure))
def test_impure_functions_are_equal_to_nothing(name: str) -> None:
    args: list[Value] = ["a"] if TABLE[name].parameters else []
    first, second = call(name, args, CONTEXT), call(name, args, CONTEXT)
    assert isinstance(first, Unknown)
    assert isinstance(second, Unknown)
    assert first.symbol != second.symbol


def test_known_arguments_give_known_values() -> None:
    assert is_fully_known(call("join", ["-", Sequence(("a", "b"))], CONTEXT))


def test_what_a_list_is_made_of_is_known_though_its_order_is_not() -> None:
    hole, rest = HOLES[0], Unknown(LISTS[0], "not known", None, "list")
    known = Sequence(("a", f"x{hole}", "xa"))
    for name, args, expected in (
        ("distinct", [known], known.items),
        ("toset", [known], known.items),
        ("sort", [known], known.items),
        ("compact", [Sequence(("", "a", hole))], ("a", hole)),
        ("concat", [Sequence(("a",)), rest], ("a", rest)),
        ("flatten", [Sequence((Sequence(("a",)), rest))], ("a", rest)),
        ("concat", [rest, rest], ()),
        ("setsubtract", [known, Sequence(("b",), "set")], ()),  # this leaves something out
    ):
        said = call(name, list(args), CONTEXT)
        assert isinstance(said, Unknown), name
        assert said.parts == expected, name
    assert call("sort", [call("distinct", [known], CONTEXT)], CONTEXT).parts == known.items
