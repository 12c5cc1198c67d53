from __future__ import annotations

from helpers_bind import BACKEND, BUCKET, bound, by_id


def test_a_directory_with_a_backend_is_a_root_and_what_it_calls_is_not():
    found = by_id(
        {
            "app/main.tf": BACKEND + 'module "db" { source = "../db" }\n',
            "db/main.tf": BUCKET,
            "db/inner/main.tf": BUCKET,
            "db/call.tf": 'module "inner" { source = "./inner" }\n',
        }
    )
    assert set(found) == {"app"}


def test_module_and_example_directories_are_no_roots_beside_a_real_one():
    found = by_id(
        {
            "main.tf": BACKEND,
            "modules/unused/main.tf": BUCKET,
            "examples/complete/main.tf": 'provider "aws" { region = "eu-west-1" }\n' + BUCKET,
            "tests/fixture/main.tf": BUCKET,
        }
    )
    assert set(found) == {"."}


def test_test_beside_production_is_an_environment_not_a_test():
    found = by_id({"environments/test/main.tf": BUCKET, "environments/production/main.tf": BUCKET})
    assert set(found) == {"environments/test", "environments/production"}


def test_a_library_of_modules_has_one_deployment_per_module():
    found = by_id(
        {
            "modules/vpc/main.tf": BUCKET,
            "modules/db/main.tf": BUCKET + 'module "v" { source = "../net" }\n',
            "modules/net/main.tf": BUCKET,
            "examples/vpc/main.tf": 'module "v" { source = "../../modules/vpc" }\n',
        }
    )
    assert set(found) == {"modules/vpc", "modules/db"}
    assert not any(deployment.signals for deployment in found.values())


def test_modules_that_call_each_other_in_a_ring_are_all_looked_at():
    files = {
        "modules/a/main.tf": 'module "b" { source = "../b" }\n',
        "modules/b/main.tf": 'module "a" { source = "../a" }\n',
    }
    assert set(by_id(files)) == {"modules/a", "modules/b"}


def test_a_single_directory_is_one_deployment_called_by_a_point():
    assert set(by_id({"main.tf": BUCKET})) == {"."}


def test_an_empty_tree_has_no_deployment():
    assert bound({}).deployments == ()
