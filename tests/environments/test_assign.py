"""Signals → environments: ranking, conflicts, hubs, nodes, the identity map."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envfence.config import Config, parse_config
from envfence.environments import assign
from envfence.model import SIGNAL_KINDS, BoundaryUse, Deployment, Environments, Facts, Node, Signal
from envfence.values import Span


def signal(kind: str, value: str, *words: str, says: str = "") -> Signal:
    return Signal(kind=kind, value=value, words=words, says=says, span=Span(f"{kind}.tf", 1))


def node(address: str, *signals: Signal, names: tuple[str, ...] = (), boundary: str = "") -> Node:
    kind = address.rpartition("module.")[2].split(".")[-2] if "." in address else address
    return Node(
        address=address,
        kind="store",
        type=kind,
        span=Span("main.tf", 3),
        signals=signals,
        names=names,
        boundary=boundary,
    )


def facts(
    root: str,
    *signals: Signal,
    name: str = "",
    workspace: str = "default",
    nodes: tuple[Node, ...] = (),
    acts_in: tuple[str, ...] = (),
    identities: tuple[Signal, ...] = (),
    var_files: tuple[str, ...] = (),
) -> Facts:
    span = Span(f"{root}/main.tf", 1)
    return Facts(
        deployment=Deployment(
            id=f"{root}@{name}" if name else root,
            root=root,
            config_dir=root,
            name=name,
            workspace=workspace,
            signals=signals,
            span=span,
            var_files=var_files,
        ),
        nodes=nodes,
        boundaries=tuple(
            BoundaryUse(provider="aws" if not i else f"aws.a{i}", boundary=b, span=span) for i, b in enumerate(acts_in)
        ),
        identities=identities,
    )


def placed(*all_facts: Facts, config: str = "", assume: str | None = None) -> Environments:
    return assign(all_facts, parse_config(config) if config else Config(), assume)


def where(environments: Environments, name: str) -> tuple[str, ...]:
    """The environments of a deployment or node, by its name."""
    placement = environments.nodes.get(name) or environments.deployments[name.partition(":")[0]]
    return placement.environments


def test_an_input_decides_before_path_default_and_name() -> None:
    found = placed(facts("app", signal("input", "stg"), signal("default", "prod"), signal("name", "x-dev")))
    placement = found.deployments["app"]
    assert placement.environments == ("stg",)
    assert placement.tier == "nonproduction"
    assert placement.firm
    assert [each.kind for each in placement.evidence] == ["input", "default", "name"]


def test_the_strongest_signals_spelling_is_shown_for_all_spellings() -> None:
    found = placed(
        facts("a", signal("input", "prd")),
        facts("b", signal("input", "prd")),
        facts("c", signal("input", "production")),
        facts("d", signal("default", "prod")),
    )
    assert {placement.environments for placement in found.deployments.values()} == {("prd",)}
    assert found.tiers == {"prd": "production"}


def test_strong_signals_that_disagree_give_candidates_and_a_conflict() -> None:
    found = placed(facts("app", signal("input", "staging"), signal("input", "prod")))
    placement = found.deployments["app"]
    assert placement.environments == ()
    assert placement.candidates == ("prod", "staging")
    assert not placement.firm
    assert placement.tier == "unknown"
    assert [name for name, _signals in found.conflicts] == ["app"]


def test_a_generic_name_agrees_with_its_members_and_is_refined_by_them() -> None:
    found = placed(
        facts("live/nonprod/staging", signal("input", "nonprod"), signal("path", "staging", "staging")),
        facts("live/nonprod/other", signal("input", "nonprod")),
    )
    assert where(found, "live/nonprod/staging") == ("staging",)
    assert where(found, "live/nonprod/other") == ("nonprod",)


@pytest.mark.parametrize(
    ("directories", "expected"),
    [
        (("environments/prod", "environments/dev"), {"environments/prod": ("prod",), "environments/dev": ("dev",)}),
        (("bors-prod", "bors-staging"), {"bors-prod": ("prod",), "bors-staging": ("staging",)}),
        (("accounts/dev-desktops-prod", "accounts/bors-staging"), {"accounts/dev-desktops-prod": ("prod",)}),
        (("wifi/staging", "wifi/production", "wifi/alpaca"), {"wifi/alpaca": ("alpaca",)}),
        (("infra/vpc", "infra/product"), {"infra/vpc": (), "infra/product": ()}),
        (("live/non-prod/qa", "live/prod/web"), {"live/non-prod/qa": ("qa",)}),
    ],
)
def test_paths(directories: tuple[str, ...], expected: dict[str, tuple[str, ...]]) -> None:
    all_facts = [
        facts(
            each, *(signal("path", part) for part in reversed(each.split("/")) if part not in ("environments", "live"))
        )
        for each in directories
    ]
    found = placed(*all_facts)
    assert {name: where(found, name) for name in expected} == expected


def test_a_whole_segment_with_siblings_is_firm_and_a_mere_ending_is_not() -> None:
    found = placed(
        facts("live/prod", signal("path", "prod")),
        facts("live/dev", signal("path", "dev")),
        facts("x/app-prod", signal("path", "app-prod")),
        facts("x/app-dev", signal("path", "app-dev")),
    )
    assert found.deployments["live/prod"].firm
    assert not found.deployments["x/app-prod"].firm


def test_a_default_alone_is_an_environment_but_never_firm() -> None:
    placement = placed(facts("app", signal("default", "dev"))).deployments["app"]
    assert placement.environments == ("dev",)
    assert not placement.firm


def test_a_hub_called_production_is_shared_unless_a_sibling_belongs_elsewhere() -> None:
    found = placed(
        facts("core", signal("input", "core-network-production"), name="core-network-production"),
        facts("shop", signal("input", "core-shop-production"), name="core-shop-production"),
        facts("shop", signal("input", "core-shop-development"), name="core-shop-development"),
        facts("tooling", signal("path", "tooling")),
    )
    assert found.deployments["core@core-network-production"].tier == "shared"
    assert found.deployments["core@core-network-production"].environments == ()
    assert where(found, "shop@core-shop-production") == ("production",)
    assert where(found, "shop@core-shop-development") == ("development",)
    assert found.deployments["tooling"].tier == "shared"


def test_unknown_words_beside_environment_words_are_nonproduction_environments() -> None:
    found = placed(
        facts("app", signal("input", "prod"), name="prod"),
        facts("app", signal("input", "staging"), name="staging"),
        facts("app", signal("input", "alpaca"), name="alpaca"),
        facts("other", signal("input", "alpaca"), name="alpaca"),
    )
    assert where(found, "app@alpaca") == ("alpaca",)
    assert found.tiers["alpaca"] == "nonproduction"
    assert where(found, "other@alpaca") == ()


def test_a_workspace_is_an_input_when_nothing_else_is() -> None:
    found = placed(facts("app", name="mlra-development", workspace="mlra-development"))
    assert where(found, "app@mlra-development") == ("development",)
    assert found.deployments["app@mlra-development"].firm


# ------------------------------------------------------------------ identity map


def test_an_account_of_one_environment_places_what_acts_in_it() -> None:
    found = placed(
        facts("a", identities=(signal("boundary", "aws:222233334444", "production"),)),
        facts("b", acts_in=("aws:222233334444",)),
    )
    assert where(found, "b") == ("production",)
    assert found.deployments["b"].firm
    assert found.identities["aws:222233334444"].environments == ("production",)


def test_an_account_is_learned_from_a_deployment_of_one_environment() -> None:
    found = placed(facts("a", signal("input", "prod"), acts_in=("aws:1111",)), facts("b", acts_in=("aws:1111",)))
    assert where(found, "b") == ("prod",)


def test_an_account_of_two_environments_is_shared_between_exactly_those() -> None:
    found = placed(
        facts("a", signal("input", "dev"), acts_in=("aws:1111",)),
        facts("b", signal("input", "staging"), acts_in=("aws:1111",)),
        facts("c", acts_in=("aws:1111",)),
    )
    assert found.identities["aws:1111"].environments == ("staging", "dev")
    # What was seen in an account does not say that nothing else is in it.
    assert (found.deployments["c"].candidates, found.deployments["c"].tier) == ((), "unknown")


def test_examples_are_no_evidence() -> None:
    found = placed(facts("a", identities=(signal("boundary", "aws:123456789012", "production"),)))
    assert found.identities == {}


def test_an_input_against_a_mapped_account_is_a_conflict() -> None:
    found = placed(
        facts(
            "a",
            signal("input", "staging"),
            acts_in=("aws:5555",),
            identities=(signal("boundary", "aws:5555", "production"),),
        )
    )
    assert found.deployments["a"].candidates == ("production", "staging")
    assert found.conflicts


def test_nodes_in_another_environments_account_are_there() -> None:
    ids = (signal("boundary", "aws:5555", "production"), signal("boundary", "aws:6666", "staging"))
    bucket, role = "aws_s3_bucket.a", "aws_iam_role.dns"
    found = placed(
        facts(
            "a",
            signal("input", "staging"),
            acts_in=("aws:6666", "aws:5555"),
            identities=ids,
            nodes=(node(bucket, boundary="aws:6666"), node(role, boundary="aws:5555")),
        )
    )
    assert where(found, f"a:{role}") == ("production",)
    assert f"a:{bucket}" not in found.nodes


# ------------------------------------------------------------------ nodes


def test_instances_that_name_environments_side_by_side_carry_them() -> None:
    addresses = (
        'module.db["prod"].aws_db_instance.this',
        'module.db["staging"].aws_db_instance.this',
        "module.prod_cache.aws_elasticache_cluster.this[0]",
        "module.staging_cache.aws_elasticache_cluster.this[0]",
        "aws_s3_bucket.logs",
    )
    found = placed(facts("root", nodes=tuple(node(each) for each in addresses)))
    assert [where(found, f"root:{each}") for each in addresses] == [
        ("prod",),
        ("staging",),
        ("prod",),
        ("staging",),
        (),
    ]
    assert all(placement.firm for placement in found.nodes.values())


def test_a_noun_beside_a_sure_sibling_is_an_environment() -> None:
    addresses = (
        "module.orders_api_prod.aws_s3_bucket.this",
        "module.orders_api_stage.aws_s3_bucket.this",
        "module.media-test-bucket.aws_s3_bucket.this",
        "module.media-prod-bucket.aws_s3_bucket.this",
        "module.gateway_stage.aws_s3_bucket.this",
        "aws_api_gateway_stage.api_stage",
    )
    found = placed(facts("root", nodes=tuple(node(each) for each in addresses)))
    assert [where(found, f"root:{each}") for each in addresses] == [("prod",), ("stage",), ("test",), ("prod",), (), ()]


def test_a_key_names_a_counterpart_in_a_root_that_is_applied_per_environment() -> None:
    peers = (node('aws_vpc_peering.to["prod"]'), node('aws_vpc_peering.to["staging"]'))
    found = placed(facts("net", signal("input", "staging"), name="staging", nodes=peers))
    assert found.nodes == {}


def test_a_name_places_weakly_and_only_where_nothing_else_does() -> None:
    bucket, both = node("aws_s3_bucket.billing_production"), node("aws_s3_bucket.staging_to_production")
    found = placed(facts("tooling", signal("path", "tooling"), nodes=(bucket, both)))
    assert where(found, "tooling:aws_s3_bucket.billing_production") == ("production",)
    assert not found.nodes["tooling:aws_s3_bucket.billing_production"].firm
    assert where(found, "tooling:aws_s3_bucket.staging_to_production") == ()
    assigned = placed(facts("app", signal("default", "dev"), nodes=(bucket,)))
    assert assigned.nodes == {}


def test_tags_that_differ_inside_a_root_place_their_nodes() -> None:
    one, two = node("aws_s3_bucket.a", signal("tag", "Prod")), node("aws_s3_bucket.b", signal("tag", "dev"))
    found = placed(facts("root", nodes=(one, two)))
    assert where(found, "root:aws_s3_bucket.a") == ("prod",)
    assert where(found, "root:aws_s3_bucket.b") == ("dev",)


def test_tags_that_agree_place_a_deployment_without_other_evidence() -> None:
    nodes = (node("aws_s3_bucket.a", signal("tag", "prod")), node("aws_s3_bucket.b", signal("tag", "prod")))
    found = placed(facts("root", nodes=nodes))
    assert where(found, "root") == ("prod",)
    assert found.deployments["root"].firm


def own_tag(value: str) -> Signal:
    """A tag that stands in the block of the resource."""
    return Signal(kind="tag", value=value, span=Span("main.tf", 5))


def test_the_tag_of_one_resource_among_several_places_that_resource_alone() -> None:
    database = node("aws_db_instance.ledger", own_tag("production"))
    others = tuple(node(f"aws_s3_bucket.{each}") for each in ("one", "two", "three"))
    found = placed(facts("root", nodes=(database, *others)))
    assert where(found, "root:aws_db_instance.ledger") == ("production",)
    assert where(found, "root:aws_s3_bucket.one") == ()


def test_a_tag_that_a_provider_gives_speaks_for_the_whole_root() -> None:
    tagged = node("aws_iam_user.upload", signal("tag", "production"))
    others = tuple(node(f"aws_iam_user_policy.{each}") for each in ("one", "two", "three"))
    found = placed(facts("root", nodes=(tagged, *others)))
    assert where(found, "root") == ("production",)


def test_a_tag_does_not_place_a_root_whose_module_instances_carry_other_environments() -> None:
    database = node("aws_db_instance.ledger", signal("tag", "production"))
    modules = tuple(node(f"module.cache_{each}.aws_elasticache_cluster.this") for each in ("prod", "staging"))
    found = placed(facts("root", nodes=(database, *modules)))
    assert where(found, "root") == ()
    assert where(found, "root:module.cache_staging.aws_elasticache_cluster.this") == ("staging",)
    assert where(found, "root:aws_db_instance.ledger") == ("production",)


def test_a_copied_tag_of_another_tier_is_a_conflict_and_no_guess() -> None:
    found = placed(
        facts("root", signal("input", "staging"), nodes=(node("aws_s3_bucket.a", signal("tag", "production")),))
    )
    placement = found.nodes["root:aws_s3_bucket.a"]
    assert placement.environments == ()
    assert placement.candidates == ("production", "staging")
    assert [name for name, _signals in found.conflicts] == ["root"]


def test_a_tag_that_repeats_the_default_makes_nothing_firm() -> None:
    found = placed(facts("root", signal("default", "dev"), nodes=(node("aws_s3_bucket.a", signal("tag", "dev")),)))
    assert found.nodes == {}
    assert not found.deployments["root"].firm


def test_a_node_with_several_words_is_in_all_of_them() -> None:
    volume = node("railway_service.db.volume", signal("input", "production staging", "production", "staging"))
    found = placed(facts("root", nodes=(volume,)))
    placement = found.nodes["root:railway_service.db.volume"]
    assert placement.environments == ("production", "staging")
    assert placement.tier == "production"
    assert placement.firm


# ------------------------------------------------------------------ configuration, --assume


def test_declarations_win_and_rename() -> None:
    config = """
version: 1
environments:
  live-site: {tier: production, paths: ["wifi/**"], words: [wifi]}
  tools: {tier: shared, workspaces: ["tools-*"]}
  dev: {names: ["*-alpaca-*"], accounts: [777788889999]}
"""
    bucket = node("aws_s3_bucket.x", names=("aws_s3_bucket:x-alpaca-y",))
    found = placed(
        facts("wifi/london", signal("input", "staging")),
        facts("app", signal("input", "wifi"), name="wifi"),
        facts("app", name="tools-a", workspace="tools-a"),
        facts("other", acts_in=("aws:777788889999",)),
        facts("third", signal("input", "live-site"), nodes=(bucket,)),
        config=config,
    )
    assert where(found, "wifi/london") == ("live-site",)
    assert where(found, "app@wifi") == ("live-site",)
    assert found.deployments["app@tools-a"].tier == "shared"
    assert where(found, "other") == ("dev",)
    assert where(found, "third:aws_s3_bucket.x") == ("dev",)
    assert found.tiers["live-site"] == "production"


def test_assume_places_what_nothing_but_defaults_and_names_speaks_of() -> None:
    found = placed(
        facts("a"),
        facts("b", signal("default", "dev")),
        facts("c", signal("input", "dev")),
        facts("tooling", signal("path", "tooling")),
        assume="prod",
    )
    assert where(found, "a") == ("prod",)
    assert found.deployments["a"].firm
    assert where(found, "b") == ("prod",)
    assert where(found, "c") == ("dev",)
    assert found.deployments["tooling"].tier == "shared"


def test_under_assume_the_tag_of_a_resource_places_that_resource_alone() -> None:
    tagged = [node(f"aws_s3_bucket.{word}", signal("tag", word)) for word in ("dev", "production")]
    found = placed(facts("app", nodes=(*tagged, node("aws_s3_bucket.b"))), assume="prod")
    assert where(found, "app:aws_s3_bucket.dev") == ("dev",)
    assert where(found, "app:aws_s3_bucket.b") == ("prod",)


def test_under_assume_tags_that_tell_nothing_apart_are_not_heard() -> None:
    nodes = (node("aws_s3_bucket.a", signal("tag", "dev")), node("aws_s3_bucket.b", signal("tag", "dev")))
    assert where(placed(facts("app", nodes=nodes), assume="prod"), "app:aws_s3_bucket.a") == ("prod",)
    assert where(placed(facts("app", nodes=nodes)), "app:aws_s3_bucket.a") == ("dev",)


# ------------------------------------------------------------------ properties

_WORDS = st.sampled_from(
    ["prod", "production", "staging", "dev", "alpaca", "core-x-production", "nonsense", "product", "qa"]
)
_SIGNALS = st.builds(signal, st.sampled_from(SIGNAL_KINDS[:-1]), _WORDS)
_LISTS = st.lists(_SIGNALS, max_size=5)


def _verdicts(found: Environments) -> object:
    return {name: (p.environments, p.candidates, p.tier, p.firm) for name, p in found.deployments.items()}


@settings(max_examples=60, deadline=None)
@given(st.lists(_LISTS, min_size=1, max_size=5), st.randoms())
def test_the_order_of_facts_does_not_matter(all_signals: list[list[Signal]], order: random.Random) -> None:
    all_facts = [facts(f"r{i}", *signals, acts_in=(f"aws:{i % 2}",)) for i, signals in enumerate(all_signals)]
    shuffled = list(all_facts)
    order.shuffle(shuffled)
    assert placed(*all_facts) == placed(*shuffled)


@settings(max_examples=100, deadline=None)
@given(st.lists(_SIGNALS, min_size=1, max_size=3), _WORDS)
def test_a_weaker_signal_never_changes_a_verdict(signals: list[Signal], word: str) -> None:
    before = placed(facts("r", *signals)).deployments["r"]
    weakest = signal("file", f"locals_{word}.tf")
    after = placed(facts("r", *signals, weakest)).deployments["r"]
    if before.environments or before.candidates:
        assert (after.environments, after.candidates, after.tier) == (
            before.environments,
            before.candidates,
            before.tier,
        )


def test_hundreds_of_deployments_with_thousands_of_nodes_take_well_under_a_second_each() -> None:
    nodes = tuple(
        node(f'module.m{i % 40}.aws_s3_bucket.b["k{i}"]', names=(f"aws_s3_bucket:x-{i}",)) for i in range(1000)
    )
    all_facts = [facts(f"apps/a{i}", signal("path", f"a{i}"), nodes=nodes) for i in range(20)]
    start = time.process_time()
    placed(*all_facts)
    assert time.process_time() - start < 2


def test_a_number_keeps_an_environment_in_its_family() -> None:
    found = placed(facts("app", signal("input", "dev"), signal("input", "dev01"), name="dev01"))
    assert where(found, "app@dev01") == ("dev",)
    assert not found.conflicts


def test_a_unit_whose_directory_says_another_tier_is_a_conflict() -> None:
    siblings = [facts(f"accounts/ci-{each}", signal("path", f"ci-{each}")) for each in ("prod", "staging")]
    found = placed(*siblings, facts("accounts/ci-prod/app", signal("input", "staging"), signal("path", "ci-prod")))
    assert set(found.deployments["accounts/ci-prod/app"].candidates) == {"prod", "staging"}
    ((name, evidence),) = found.conflicts
    assert name == "accounts/ci-prod/app"
    assert {each.kind for each in evidence} == {"input", "path"}


def test_var_files_in_a_directory_of_another_tier_are_no_conflict() -> None:
    siblings = [facts(f"accounts/ci-{each}", signal("path", f"ci-{each}")) for each in ("prod", "staging")]
    found = placed(
        *siblings, facts("accounts/ci-prod/app", signal("input", "staging"), signal("path", "ci-prod"), name="staging")
    )
    assert where(found, "accounts/ci-prod/app@staging") == ("staging",)


def _namespaces(defaults: dict[str, str]) -> Environments:
    return placed(*(facts(f"apps/{root}", signal("path", root), signal("default", d)) for root, d in defaults.items()))


def test_defaults_that_are_meant_go_before_names_of_directories() -> None:
    words = ("dev", "staging", "prod")
    own = {f"{app}-{word}": word for app in "abcde" for word in words}
    found = _namespaces({**own, "f-dev": "staging", "f-prod": "prod"})
    assert where(found, "apps/f-dev") == ("staging",)


def test_defaults_for_convenience_do_not() -> None:
    found = _namespaces({f"{app}-{word}": "dev" for app in "abcde" for word in ("dev", "staging", "prod")})
    assert where(found, "apps/a-prod") == ("prod",)


def test_a_production_flag_beside_another_default_is_undetermined() -> None:
    words = ("dev", "staging", "prod")
    own = [facts(f"n/{a}-{w}", signal("path", f"{a}-{w}"), signal("default", w)) for a in "abcde" for w in words]
    odd = facts("n/f-dev", signal("path", "f-dev"), signal("default", "dev"), signal("default", "true", "production"))
    assert set(placed(*own, odd).deployments["n/f-dev"].candidates) == {"prod", "dev"}


def test_a_directory_called_like_a_known_environment_counts_where_nothing_else_does() -> None:
    known = facts("app", signal("input", "integration"), name="integration")
    found = placed(known, facts("deployments/integration/bucket", signal("name", "integration")))
    placement = found.deployments["deployments/integration/bucket"]
    assert (placement.environments, placement.firm) == (("integration",), False)
    assert (
        where(
            placed(facts("deployments/integration/bucket", signal("name", "integration"))),
            "deployments/integration/bucket",
        )
        == ()
    )


def test_evidence_shows_what_was_decided_first() -> None:
    found = placed(facts("app", signal("input", "uat"), signal("tag", "dev"), signal("tag", "uat")))
    assert [each.value for each in found.deployments["app"].evidence] == ["uat", "uat", "dev"]


def test_a_tag_that_deployments_of_several_environments_share_contradicts_none_of_them() -> None:
    bucket = node("aws_ssm_parameter.this", signal("tag", "production"))
    several = [facts("app", signal("input", name), name=name, nodes=(bucket,)) for name in ("production", "staging")]
    assert placed(*several).conflicts == ()
    assert placed(facts("app", signal("input", "staging"), nodes=(bucket,))).conflicts


def test_a_word_that_only_its_neighbours_make_an_environment_is_never_firm() -> None:
    beside = [facts(f"live/{each}", signal("path", each)) for each in ("production", "staging", "rollover")]
    found = placed(*beside)
    assert where(found, "live/rollover") == ("rollover",)
    assert not found.deployments["live/rollover"].firm
    assert found.deployments["live/staging"].firm
    config = "version: 1\nenvironments:\n  rollover: {tier: nonproduction}\n"
    assert placed(*beside, config=config).deployments["live/rollover"].firm


@pytest.mark.parametrize("name", ["cache", "load-test"])
def test_a_var_file_named_like_its_root_module_is_no_environment(name: str) -> None:
    others = [facts("stacks/web", signal("input", each), name=each) for each in ("staging", "prod")]
    found = placed(*others, facts(f"stacks/{name}", signal("input", name), name=name))
    assert where(found, f"stacks/{name}@{name}") == ()


def test_a_root_module_called_by_an_environment_keeps_it() -> None:
    found = placed(*(facts(f"live/{each}", signal("input", each), name=each) for each in ("staging", "prod")))
    assert where(found, "live/prod@prod") == ("prod",)
    assert found.deployments["live/prod@prod"].firm


def test_modules_called_environments_are_so_inside_an_account_of_their_tier() -> None:
    modules = tuple(
        node(f"module.environment_{each}[0].aws_s3_bucket.this") for each in ("stage", "training", "production")
    )
    found = placed(facts("app", signal("input", "preproduction"), name="preproduction", nodes=modules))
    places = [where(found, f"app@preproduction:{each.address}") for each in modules]
    assert places == [("stage",), ("training",), ("preproduction",)]
    plain = tuple(node(f"module.{each}_bucket.aws_s3_bucket.this") for each in ("stage", "training"))
    assert placed(facts("app", signal("input", "test"), name="test", nodes=plain)).nodes == {}
