"""Identifier templates: what is known stands in place, what is not is the hole of that attribute."""

from __future__ import annotations

from fakes import value
from hypothesis import given
from hypothesis import strategies as st

from envfence.providers.common.templates import Subject, fill, placeholders
from envfence.values import Mapping, Symbol, Symbols, has_holes


def subject(data: dict[str, object], context: dict[str, str] | None = None) -> Subject:
    values = value(data)
    assert isinstance(values, Mapping)
    return Subject("aws_x.y", values, context or {}, Symbols(), "app")


def hole(of: Subject, attribute: str) -> str:
    return of.symbols.intern(Symbol(what=f"aws_x.y.{attribute}", scope="app"))


def test_attributes_and_context_fill_the_template() -> None:
    of = subject({"name": "jobs"}, {"region": "eu-west-1", "account": "111111111111"})
    assert fill("arn:aws:sqs:${region}:${account}:${name}", of) == "arn:aws:sqs:eu-west-1:111111111111:jobs"


def test_an_attribute_goes_before_the_context() -> None:
    assert fill("${region}", subject({"region": "us-east-1"}, {"region": "eu-west-1"})) == "us-east-1"


def test_what_is_not_set_is_the_hole_of_that_attribute() -> None:
    of = subject({})
    assert fill("arn:aws:s3:::${bucket}", of) == f"arn:aws:s3:::{hole(of, 'bucket')}"


def test_a_prefix_is_kept() -> None:
    of = subject({"name_prefix": "prod-"})
    assert fill("${name}", of) == f"prod-{hole(of, 'name.suffix')}"


def test_a_default_in_the_template() -> None:
    assert fill("role${path=/}${name}", subject({"name": "ci"})) == "role/ci"
    assert fill("role${path=/}${name}", subject({"name": "ci", "path": "/x/"})) == "role/x/ci"


def test_exactly_one_slash() -> None:
    assert fill("parameter${/name}", subject({"name": "a"})) == "parameter/a"
    assert fill("parameter${/name}", subject({"name": "/a/b"})) == "parameter/a/b"


def test_a_name_that_begins_with_a_hole_may_begin_with_a_slash() -> None:
    of = subject({})
    start = hole(of, "elsewhere")
    found = fill("parameter${/name}", Subject(of.address, Mapping({"name": f"{start}/b"}), {}, of.symbols, "app"))
    assert found == f"parameter{hole(of, 'name.path')}"


def test_the_scheme_of_a_url_is_left_out() -> None:
    assert fill("oidc-provider/${!url}", subject({"url": "https://a.b/c"})) == "oidc-provider/a.b/c"
    assert fill("oidc-provider/${!url}", subject({"url": "a.b/c"})) == "oidc-provider/a.b/c"


def test_nested_attributes() -> None:
    of = subject({"metadata": [{"name": "web", "namespace": "shop"}]})
    assert fill("${metadata.namespace=default}/${metadata.name}", of) == "shop/web"


def test_placeholders_lists_what_a_template_asks_for() -> None:
    assert placeholders("arn:${partition}:x:${name}-${?suffix}") == ("partition", "name")


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.text(st.characters(codec="ascii"), max_size=8)))
def test_a_filled_template_has_a_hole_for_each_missing_attribute_and_no_other(data: dict[str, str]) -> None:
    found = fill("${a}:${b}:${c}", subject(dict(data)))
    assert has_holes(found) == (len(data) < 3)
