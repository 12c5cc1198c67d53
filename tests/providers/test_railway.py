"""Railway: a service and its volume span the environments of the project; variables belong to one."""

from __future__ import annotations

from fakes import FakeEvaluated, FakeProvider, FakeResource, facts_of_fake, resource

from envfence.model import Facts, Node
from envfence.values import Mapping


def shop(*more: FakeResource, default: str | None = None) -> tuple[FakeEvaluated, tuple[FakeResource, ...]]:
    evaluated = FakeEvaluated(())
    project = evaluated.unknown("railway_project.shop.id")
    named = {"name": "shop"} if default is None else {"name": "shop", "default_environment": {"name": default}}
    volume = {"name": "data", "mount_path": "/data"}
    return evaluated, (
        resource("railway_project.shop", named),
        resource("railway_environment.staging", {"name": "staging", "project_id": project}),
        resource("railway_service.db", {"name": "db", "project_id": project, "volume": volume}),
        resource("railway_service.web", {"name": "web", "project_id": project}),
        *more,
    )


def facts_of(evaluated: FakeEvaluated, resources: tuple[FakeResource, ...]) -> Facts:
    evaluated.resources = resources
    return facts_of_fake(evaluated, lambda text: f"digest {len(text)}")


def node(facts: Facts, address: str) -> Node:
    return next(node for node in facts.nodes if node.address == address)


def words(found: Node) -> list[tuple[str, ...]]:
    return [signal.words for signal in found.signals if signal.kind == "input"]


def test_a_volume_is_a_store_of_its_own_in_every_environment() -> None:
    facts = facts_of(*shop())
    volume = node(facts, "railway_service.db.volume")
    assert volume.kind == "store"
    assert words(volume) == [("production", "staging")]
    assert volume.boundary == node(facts, "railway_project.shop").boundary
    assert volume.facts["backups_inside"].value is True
    assert not any(node.address == "railway_service.web.volume" for node in facts.nodes)


def test_the_default_environment_may_have_another_name() -> None:
    facts = facts_of(*shop(default="live"))
    assert words(node(facts, "railway_service.db.volume")) == [("live", "staging")]


def test_a_variable_is_in_the_environment_that_its_id_names() -> None:
    evaluated, resources = shop()
    service = evaluated.unknown("railway_service.db.id")
    in_staging = {"environment_id": evaluated.unknown("railway_environment.staging.id"), "service_id": service}
    in_default = {
        "environment_id": evaluated.unknown("railway_project.shop.default_environment.id"),
        "service_id": service,
    }
    by_hand = {"environment_id": "d7a1f6a0-0000-4000-8000-3f2f8f6b1c11", "service_id": service}
    secret = {"name": "DB_PASSWORD", "value": "correct horse"}
    facts = facts_of(
        evaluated,
        (
            *resources,
            resource("railway_variable.a", {**secret, **in_staging}),
            resource("railway_variable.b", {**secret, **in_default}),
            resource("railway_variable.c", {**secret, **by_hand}),
        ),
    )
    assert words(node(facts, "railway_variable.a")) == [("staging",)]
    assert words(node(facts, "railway_variable.b")) == [("production",)]
    assert words(node(facts, "railway_variable.c")) == []
    assert {secret.digest for secret in facts.secrets} == {"digest 13"}


def test_templates_of_railway_are_no_secrets() -> None:
    evaluated, resources = shop()
    template = resource("railway_variable.a", {"name": "DATABASE_URL", "value": "${{Postgres.DATABASE_URL}}"})
    assert facts_of(evaluated, (*resources, template)).secrets == ()


def test_ignoring_changes_keeps_the_volume_when_the_attribute_goes() -> None:
    evaluated = FakeEvaluated(())
    service = resource(
        "railway_service.db", {"name": "db", "volume": {"name": "d", "mount_path": "/d"}}, ignore_changes=("volume",)
    )
    facts = facts_of(evaluated, (service,))
    assert node(facts, "railway_service.db.volume").facts["deleted_by_attribute_removal"].value is False


def test_a_token_in_the_source_is_a_secret_of_the_provider() -> None:
    evaluated, resources = shop()
    evaluated.providers = (FakeProvider("railway", Mapping({"token": "5a3c9d1e-7b2f-4c8a-9e6d-0f1a2b3c4d5e"})),)
    facts = facts_of(evaluated, resources)
    assert [secret.node for secret in facts.secrets] == ["provider.railway.token"]
