"""Facts of a deployment: nodes with names, boundaries, signals, judged values, edges, secrets."""

from __future__ import annotations

import pytest
from fakes import FakeEvaluated, FakeProvider, FakeResource, facts_of_fake, resource, value

from envfence.model import Facts, Node
from envfence.values import Mapping, Span, Symbol, Symbols, hole_index


def facts_of(
    *resources: FakeResource, providers: tuple[FakeProvider, ...] = (), symbols: Symbols | None = None
) -> Facts:
    evaluated = FakeEvaluated(resources, providers, symbols=symbols or Symbols())
    return facts_of_fake(evaluated, lambda text: f"digest of {len(text)}")


def node(facts: Facts, address: str) -> Node:
    return next(node for node in facts.nodes if node.address == address)


def aws(**values: object) -> FakeProvider:
    found = value(dict(values))
    assert isinstance(found, Mapping)
    return FakeProvider("aws", found)


def readable(facts: Facts, text: str) -> str:
    """A holed text with the name of each unknown in braces."""
    parts = []
    for char in text:
        index = hole_index(char)
        parts.append(char if index is None else f"{{{facts.symbols[index].what}}}")
    return "".join(parts)


def test_a_bucket_answers_to_its_arn_and_its_name() -> None:
    facts = facts_of(resource("aws_s3_bucket.a", {"bucket": "acme-logs"}))
    assert node(facts, "aws_s3_bucket.a").names == ("arn:aws:s3:::acme-logs", "aws_s3_bucket:acme-logs")
    assert node(facts, "aws_s3_bucket.a").kind == "store"


def test_the_account_comes_from_the_assumed_role_or_the_allowed_ids_else_it_is_one_hole() -> None:
    queue = resource("aws_sqs_queue.q", {"name": "jobs"})
    role = aws(region="eu-west-1", assume_role=[{"role_arn": "arn:aws:iam::111111111111:role/ci"}])
    assert node(facts_of(queue, providers=(role,)), "aws_sqs_queue.q").boundary == "aws:111111111111"
    allowed = aws(region="eu-west-1", allowed_account_ids=["222222222222"])
    assert node(facts_of(queue, providers=(allowed,)), "aws_sqs_queue.q").boundary == "aws:222222222222"
    unknown = facts_of(queue, providers=(aws(region="eu-west-1"),))
    found = node(unknown, "aws_sqs_queue.q")
    assert readable(unknown, found.boundary) == "aws:{account(aws)}"
    assert readable(unknown, found.names[0]).startswith("https://") or "{account(aws)}" in readable(
        unknown, found.names[0]
    )


def test_an_alias_is_another_place() -> None:
    facts = facts_of(
        resource("aws_sqs_queue.q", {"name": "jobs"}, provider_key="aws.other"),
        resource("aws_sqs_queue.r", {"name": "jobs"}),
    )
    assert node(facts, "aws_sqs_queue.q").boundary != node(facts, "aws_sqs_queue.r").boundary
    assert [use.provider for use in facts.boundaries] == ["aws", "aws.other"]


def test_a_type_that_nobody_knows_still_answers_to_its_id() -> None:
    facts = facts_of(resource("acme_thing.x", {}))
    assert [readable(facts, name) for name in node(facts, "acme_thing.x").names] == ["acme_thing:{acme_thing.x.id}"]


def test_data_sources_are_nodes_only_when_they_name_something() -> None:
    facts = facts_of(
        resource("data.aws_secretsmanager_secret.s", {"name": "live/db"}), resource("data.aws_region.current", {})
    )
    assert [node.address for node in facts.nodes] == ["data.aws_secretsmanager_secret.s"]
    assert "aws_secretsmanager_secret:live/db" in facts.nodes[0].names


def test_judged_values_are_known_absent_or_unknown() -> None:
    evaluated = FakeEvaluated(())
    hidden = evaluated.unknown("var.protect")
    database = resource("aws_db_instance.a", {"skip_final_snapshot": "true", "deletion_protection": hidden})
    evaluated.resources = (database,)
    facts = facts_of_fake(evaluated)
    found = node(facts, "aws_db_instance.a").facts
    assert (found["skip_final_snapshot"].state, found["skip_final_snapshot"].value) == ("known", True)
    assert found["deletion_protection"].state == "unknown"
    assert found["backup_retention_period"].state == "absent"


def test_values_in_nested_blocks() -> None:
    settings = [{"deletion_protection_enabled": True}]
    facts = facts_of(resource("google_sql_database_instance.a", {"name": "a", "settings": settings}))
    found = node(facts, "google_sql_database_instance.a").facts
    assert found["settings.deletion_protection_enabled"].value is True


def test_an_unknown_number_of_blocks_hides_what_is_not_in_the_known_ones() -> None:
    evaluated = FakeEvaluated(())
    evaluated.resources = (
        resource("google_sql_database_instance.a", {"name": "a", "settings": evaluated.unknown("dynamic")}),
    )
    facts = facts_of_fake(evaluated)
    found = node(facts, "google_sql_database_instance.a").facts
    assert found["settings.deletion_protection_enabled"].state == "unknown"


def test_tags_that_name_an_environment_are_signals_and_others_are_not() -> None:
    tags = {"Environment": "staging", "Team": "production", "Name": "x"}
    facts = facts_of(resource("aws_s3_bucket.a", {"bucket": "b", "tags": tags}))
    signals = [(signal.kind, signal.value) for signal in node(facts, "aws_s3_bucket.a").signals]
    assert signals == [("tag", "staging")]


def test_default_tags_of_the_provider_count() -> None:
    provider = aws(default_tags=[{"tags": {"environment": "production"}}])
    facts = facts_of(resource("aws_s3_bucket.a", {"bucket": "b"}), providers=(provider,))
    assert [signal.value for signal in node(facts, "aws_s3_bucket.a").signals] == ["production"]


def test_instance_keys_and_module_names_are_signals() -> None:
    facts = facts_of(
        resource('module.stack["staging"].aws_s3_bucket.a', {"bucket": "b"}, module_path='module.stack["staging"]')
    )
    assert [(signal.kind, signal.value) for signal in facts.nodes[0].signals] == [("instance", "staging")]


def test_names_are_signals_by_whole_words() -> None:
    facts = facts_of(
        resource("aws_s3_bucket.a", {"bucket": "acme-prod-eu"}),
        resource("aws_s3_bucket.b", {"bucket": "acme-products"}),
    )
    assert [signal.kind for signal in node(facts, "aws_s3_bucket.a").signals] == ["name"]
    assert node(facts, "aws_s3_bucket.b").signals == ()


def test_a_reference_to_a_key_of_this_deployment_is_an_edge() -> None:
    symbols = Symbols()
    account = symbols.intern(Symbol(what="account(aws)", scope="app"))
    key = symbols.intern(Symbol(what="aws_kms_key.k.key_id", scope="app"))
    facts = facts_of(
        resource("aws_kms_key.k", {}),
        resource(
            "aws_sqs_queue.q", {"name": "jobs", "kms_master_key_id": f"arn:aws:kms:eu-west-1:{account}:key/{key}"}
        ),
        providers=(aws(region="eu-west-1"),),
        symbols=symbols,
    )
    assert [(edge.kind, edge.source, edge.target) for edge in facts.edges] == [
        ("encrypts", "aws_kms_key.k", "aws_sqs_queue.q")
    ]


def test_a_reference_to_another_place_is_left_to_link() -> None:
    arn = "arn:aws:kms:eu-west-1:111111111111:key/abc"
    facts = facts_of(resource("aws_sqs_queue.q", {"name": "jobs", "kms_master_key_id": arn}))
    assert [(reference.kind, reference.sought, reference.outward) for reference in facts.references] == [
        ("encrypts", arn, False)
    ]


def test_a_lock_on_a_resource_group_guards_what_is_in_it() -> None:
    azure = FakeProvider("azurerm", Mapping({"subscription_id": "s"}))
    scope = "/subscriptions/s/resourceGroups/rg"
    server = resource("azurerm_mssql_server.a", {"name": "sql", "resource_group_name": "rg"})
    other = resource("azurerm_mssql_server.b", {"name": "sql", "resource_group_name": "rg-other"})
    lock = resource("azurerm_management_lock.l", {"scope": scope, "lock_level": "CanNotDelete"})
    facts = facts_of(server, other, lock, providers=(azure,))
    assert [(edge.kind, edge.target) for edge in facts.edges] == [("guards", "azurerm_mssql_server.a")]


@pytest.mark.parametrize(("status", "edges"), [("Enabled", 1), ("Suspended", 0)])
def test_a_guard_of_its_own_counts_only_when_it_is_on(status: str, edges: int) -> None:
    bucket = resource("aws_s3_bucket.a", {"bucket": "b"})
    versioning = resource(
        "aws_s3_bucket_versioning.a", {"bucket": "b", "versioning_configuration": [{"status": status}]}
    )
    assert len(facts_of(bucket, versioning).edges) == edges


def test_secrets_are_kept_as_digests_and_placeholders_are_none() -> None:
    facts = facts_of(
        resource("aws_db_instance.a", {"password": "correct horse"}),
        resource("aws_db_instance.b", {"password": "changeme"}),
        resource("aws_db_instance.c", {"password": "old-and-replaced"}, ignore_changes=("password",)),
        resource("kubernetes_secret.d", {"data": {"url": "https://x.org", "api_token": "abcd-efgh-1"}}),
    )
    assert [(secret.node, secret.name) for secret in facts.secrets] == [
        ("aws_db_instance.a", "password"),
        ("kubernetes_secret.d", "data.api_token"),
    ]
    assert "correct horse" not in str(facts)


def test_a_parameter_is_a_secret_only_when_it_is_a_secure_string() -> None:
    facts = facts_of(
        resource("aws_ssm_parameter.a", {"name": "/a", "type": "String", "value": "hello world"}),
        resource("aws_ssm_parameter.b", {"name": "/b", "type": "SecureString", "value": "hello world"}),
    )
    assert [secret.node for secret in facts.secrets] == ["aws_ssm_parameter.b"]


def test_facts_are_the_same_in_any_order_of_resources() -> None:
    one = resource("aws_s3_bucket.a", {"bucket": "a"})
    two = resource("aws_s3_bucket.b", {"bucket": "b"})
    assert facts_of(one, two).nodes == facts_of(two, one).nodes


def test_the_place_of_an_absent_value_is_the_block_that_lacks_it() -> None:
    span = Span("main.tf", 7)
    settings = resource(
        "google_sql_database_instance.a", {"name": "a", "settings": [{"tier": "x"}]}, places={"settings[0]": span}
    )
    found = node(facts_of(settings), "google_sql_database_instance.a").facts["settings.deletion_protection_enabled"]
    assert (found.state, found.span) == ("absent", span)


def test_the_share_of_known_resources_falls_where_a_name_is_unknown() -> None:
    evaluated = FakeEvaluated(())
    evaluated.resources = (
        resource("aws_s3_bucket.known", {"bucket": "a"}),
        resource("aws_s3_bucket.named_by_the_provider", {}),
        resource("aws_s3_bucket.unknown", {"bucket": evaluated.unknown("var.name")}),
        resource("aws_s3_bucket.maybe", {"bucket": "b"}, exists="maybe"),
        resource("aws_s3_bucket.many[?]", {"bucket": "c"}),
    )
    shares = facts_of_fake(evaluated).shares
    assert (shares.resources, shares.resources_known) == (5, 2)
