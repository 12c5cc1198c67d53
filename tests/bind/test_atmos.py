"""Atmos stacks as deployments."""

from __future__ import annotations

import json

from helpers_bind import BUCKET, by_id, signals

FILES = {
    "atmos.yaml": """
        components:
          terraform: {base_path: components/terraform}
        stacks:
          base_path: stacks
          included_paths: ["orgs/**/*"]
          excluded_paths: ["**/_defaults.yaml"]
          name_pattern: "{tenant}-{environment}-{stage}"
    """,
    "components/terraform/vpc/main.tf": BUCKET + 'variable "stage" {}\nvariable "cidr" {}\nvariable "zone" {}\n',
    "stacks/catalog/vpc.yaml": """
        components:
          terraform:
            vpc/defaults:
              metadata: {type: abstract}
              vars: {cidr: 10.0.0.0/8, zone: a}
    """,
    "stacks/orgs/acme/_defaults.yaml": """
        vars: {tenant: acme}
        terraform: {backend_type: s3, backend: {s3: {bucket: states, key: k}}}
    """,
    "stacks/orgs/acme/prod.yaml": """
        import: [orgs/acme/_defaults, catalog/vpc]
        vars: {stage: prod, environment: ue1}
        components:
          terraform:
            vpc:
              metadata: {inherits: [vpc/defaults]}
              vars: {cidr: 10.1.0.0/16, zone: !terraform.output x y}
            vpc-2:
              metadata: {component: vpc, inherits: [vpc/defaults]}
    """,
    "stacks/orgs/acme/dev.yaml": """
        import: [orgs/acme/_defaults, catalog/vpc]
        vars: {stage: dev, environment: "{{ .region }}"}
        components:
          terraform:
            vpc: {metadata: {inherits: [vpc/defaults]}}
    """,
}


def test_each_component_of_each_stack_is_a_deployment():
    found = by_id(FILES)
    root = "components/terraform/vpc"
    assert set(found) == {
        f"{root}@acme-ue1-prod",
        f"{root}@acme-ue1-prod/vpc-2",
        f"{root}@stacks/orgs/acme/dev",
    }
    prod = found[f"{root}@acme-ue1-prod"]
    given = {each.name: each.json and json.loads(each.json) for each in prod.inputs}
    assert given == {"cidr": "10.1.0.0/16", "stage": "prod", "zone": None}  # a function that Atmos runs is not known
    assert prod.workspace == "acme-ue1-prod"
    assert prod.backend is not None
    assert prod.backend.settings["bucket"] == "states"
    assert signals(prod, "input") == {"prod"}
    dev = found[f"{root}@stacks/orgs/acme/dev"]
    assert dev.workspace_open  # its name has a part that only Atmos knows
    assert signals(dev, "input") == {"dev"}


def test_a_component_that_no_stack_uses_is_not_deployed():
    found = by_id({**FILES, "components/terraform/rds/main.tf": BUCKET})
    assert not [name for name in found if name.startswith("components/terraform/rds")]
    assert [name for name in found if name.startswith("components/terraform/vpc")]
