"""The numbered rules of evaluation in AWS, each by cases of our own."""

from __future__ import annotations

import pytest
from aws_policies import ACCOUNT, KEY, ONE, ROLE, TABLE, TWO, VAR, ask, deny, grant

from envfence.access import PrincipalView
from envfence.model import Principal

DELETE = "dynamodb:DeleteTable"
ROOT = f"arn:aws:iam::{ONE}:root"
BUCKET = "arn:aws:s3:::prod-data"


class TestStatementApplies:
    @pytest.mark.parametrize(
        ("actions", "verdict"),
        [
            ("DYNAMODB:deletetable", "yes"),
            ("dynamodb:Delete*", "yes"),
            ("dynamodb:Get*", "no"),
            ("dynamodb: DeleteTable", "no"),
        ],
    )
    def test_actions_without_regard_to_case(self, actions: str, verdict: str) -> None:
        assert ask(DELETE, TABLE, grant(actions, "*")) == verdict

    def test_not_action_is_everything_else(self) -> None:
        assert ask(DELETE, TABLE, grant((), "*", not_actions=("iam:*",))) == "yes"
        assert ask(DELETE, TABLE, grant((), "*", not_actions=("dynamodb:*",))) == "no"

    def test_not_resource_is_everything_else(self) -> None:
        assert ask(DELETE, TABLE, grant("*", (), not_resources=("arn:aws:dynamodb:*:*:table/prod-*",))) == "no"
        assert ask(DELETE, TABLE, grant("*", (), not_resources=("arn:aws:dynamodb:*:*:table/dev-*",))) == "yes"


class TestArns:
    @pytest.mark.parametrize(
        ("pattern", "verdict"),
        [
            ("*", "yes"),
            ("arn:aws:dynamodb:*:*:table/prod-*", "yes"),
            ("arn:aws:dynamodb:*", "yes"),
            ("arn:AWS:DynamoDB:eu-west-1:*:table/prod-orders", "yes"),
            ("arn:aws:dynamodb:*:*:table/PROD-*", "no"),
            ("arn:aws:dynamodb:eu-west-1:*table/prod-orders", "no"),
            ("arn:aws:dynamodb:*:222222222222:table/*", "no"),
            ("arn:aws:dynamodb:*:*:table/prod-order?", "yes"),
        ],
    )
    def test_segment_by_segment(self, pattern: str, verdict: str) -> None:
        assert ask(DELETE, TABLE, grant("dynamodb:*", pattern)) == verdict


class TestDeny:
    def test_wins_in_every_kind_of_policy(self) -> None:
        for kind in ("identity", "boundary", "session", "scp"):
            blocked = (grant("*", "*"), grant("*", "*", policy=kind), deny(DELETE, "*", policy=kind))
            assert ask(DELETE, TABLE, *blocked) == "no", kind

    def test_of_the_resource(self) -> None:
        assert ask(DELETE, TABLE, grant("*", "*"), deny(DELETE, "*", policy="resource", aws=ROLE.arn)) == "no"
        assert ask(DELETE, TABLE, grant("*", "*"), deny(DELETE, "*", policy="resource", aws=ROOT)) == "no"

    def test_that_may_match_leaves_it_open(self) -> None:
        maybe = deny(DELETE, f"arn:aws:dynamodb:*:*:table/{VAR}-*")
        assert ask(DELETE, TABLE, grant("*", "*"), maybe) == "maybe"


class TestLimits:
    def test_boundary_must_allow_too(self) -> None:
        assert ask(DELETE, TABLE, grant("*", "*"), grant("s3:*", "*", policy="boundary")) == "no"
        assert ask(DELETE, TABLE, grant("*", "*"), grant("dynamodb:*", "*", policy="boundary")) == "yes"
        assert ask(DELETE, TABLE, grant("*", "*", policy="boundary")) == "no"

    def test_service_control_policy_must_allow_too(self) -> None:
        assert ask(DELETE, TABLE, grant("*", "*"), grant("s3:*", "*", policy="scp")) == "no"
        assert ask(DELETE, TABLE, grant("*", "*"), grant("*", "*", policy="scp")) == "yes"

    def test_service_linked_roles_are_outside_service_control_policies(self) -> None:
        who = PrincipalView(ROLE.arn, service_linked=True)
        assert ask(DELETE, TABLE, grant("*", "*"), deny("*", "*", policy="scp"), who=who) == "yes"


class TestSameAccount:
    def test_resource_policy_alone_is_enough(self) -> None:
        assert ask(DELETE, TABLE, grant(DELETE, "*", policy="resource", aws=ROLE.arn)) == "yes"
        assert ask(DELETE, TABLE, grant(DELETE, "*", policy="resource", aws="*")) == "yes"

    def test_a_role_that_is_named_stays_within_its_boundary(self) -> None:
        limit = grant("s3:*", "*", policy="boundary")
        assert ask(DELETE, TABLE, grant(DELETE, "*", policy="resource", aws=ROLE.arn), limit) == "no"

    def test_a_user_that_is_named_does_not(self) -> None:
        user = PrincipalView(f"arn:aws:iam::{ONE}:user/ann", kind="user")
        limit = grant("s3:*", "*", policy="boundary")
        assert ask(DELETE, TABLE, grant(DELETE, "*", policy="resource", aws=user.arn), limit, who=user) == "yes"

    @pytest.mark.parametrize("account", [ONE, ROOT])
    def test_an_account_is_not_everybody_in_it(self, account: str) -> None:
        opened = grant(DELETE, "*", policy="resource", aws=account)
        assert ask(DELETE, TABLE, opened) == "no"
        assert ask(DELETE, TABLE, opened, grant(DELETE, "*")) == "yes"


class TestCrossAccount:
    FOREIGN = TABLE.replace(ONE, TWO)

    def test_needs_both_sides(self) -> None:
        mine, theirs = grant(DELETE, "*"), grant(DELETE, "*", policy="resource", aws=ROLE.arn)
        assert ask(DELETE, self.FOREIGN, mine) == "no"
        assert ask(DELETE, self.FOREIGN, theirs) == "no"
        assert ask(DELETE, self.FOREIGN, mine, theirs) == "yes"
        assert ask(DELETE, self.FOREIGN, mine, grant(DELETE, "*", policy="resource", aws=ROOT)) == "yes"

    def test_a_policy_outside_the_repository_leaves_it_open(self) -> None:
        assert ask(DELETE, self.FOREIGN, grant(DELETE, "*"), policy_known=False) == "maybe"

    def test_an_unknown_account_is_decided_in_both_worlds(self) -> None:
        unknown = TABLE.replace(ONE, ACCOUNT)
        mine, theirs = grant(DELETE, "*"), grant(DELETE, "*", policy="resource", aws=ROLE.arn)
        assert ask(DELETE, unknown, mine) == "maybe"
        assert ask(DELETE, unknown, mine, theirs) == "yes"
        assert ask(DELETE, unknown, grant("s3:*", "*")) == "no"

    def test_the_same_unknown_account_is_the_same_account(self) -> None:
        who = PrincipalView(f"arn:aws:iam::{ACCOUNT}:role/app")
        assert ask(DELETE, TABLE.replace(ONE, ACCOUNT), grant(DELETE, "*"), who=who) == "yes"

    def test_a_foreign_account_can_give_itself_the_other_half(self) -> None:
        who = PrincipalView(f"arn:aws:iam::{TWO}:root", TWO, kind="account")
        assert ask(DELETE, TABLE, grant(DELETE, "*", policy="resource", aws=TWO), who=who) == "yes"
        assert ask(DELETE, TABLE, who=who) == "no"


class TestKeys:
    DESTROY = "kms:ScheduleKeyDeletion"

    def test_the_key_policy_decides(self) -> None:
        closed = grant("kms:*", "*", policy="resource", aws=f"arn:aws:iam::{ONE}:role/other")
        assert ask(self.DESTROY, KEY, grant("kms:*", "*"), closed) == "no"

    def test_root_in_the_key_policy_leaves_it_to_the_account(self) -> None:
        opened = grant("kms:*", "*", policy="resource", aws=ROOT)
        assert ask(self.DESTROY, KEY, grant("kms:*", "*"), opened) == "yes"
        assert ask(self.DESTROY, KEY, opened) == "no"

    def test_no_policy_is_the_default_policy(self) -> None:
        assert ask(self.DESTROY, KEY, grant("kms:*", "*")) == "yes"
        assert ask(self.DESTROY, KEY.replace(ONE, TWO), grant("kms:*", "*")) == "no"

    def test_a_grant_adds_what_it_lists(self) -> None:
        closed = grant("kms:*", "*", policy="resource", aws=f"arn:aws:iam::{ONE}:role/other")
        listed = grant("kms:Decrypt", "*", policy="grant", aws=ROLE.arn)
        assert ask("kms:Decrypt", KEY, closed, listed) == "yes"
        assert ask(self.DESTROY, KEY, closed, listed) == "no"


class TestAssumeRole:
    TARGET = f"arn:aws:iam::{ONE}:role/prod-admin"

    def trust(self, who: str, **more: object) -> object:
        return grant("sts:AssumeRole", (), policy="trust", aws=who, **more)

    def test_named_in_the_same_account_needs_nothing_else(self) -> None:
        assert ask("sts:AssumeRole", self.TARGET, self.trust(ROLE.arn)) == "yes"

    def test_root_needs_an_identity_policy(self) -> None:
        assert ask("sts:AssumeRole", self.TARGET, self.trust(ROOT)) == "no"
        assert ask("sts:AssumeRole", self.TARGET, self.trust(ROOT), grant("sts:*", "*")) == "yes"

    def test_without_trust_no_identity_policy_helps(self) -> None:
        trust = self.trust(f"arn:aws:iam::{ONE}:role/other")
        assert ask("sts:AssumeRole", self.TARGET, trust, grant("*", "*")) == "no"

    def test_across_accounts_needs_both(self) -> None:
        target = self.TARGET.replace(ONE, TWO)
        assert ask("sts:AssumeRole", target, self.trust(ROLE.arn)) == "no"
        assert ask("sts:AssumeRole", target, self.trust(ROLE.arn), grant("sts:AssumeRole", target)) == "yes"

    def test_an_external_id_is_a_guard_that_we_cannot_see(self) -> None:
        trust = self.trust(ROLE.arn, when=(("StringEquals", "sts:ExternalId", "x"),))
        assert ask("sts:AssumeRole", self.TARGET, trust) == "maybe"

    def test_subject_claims(self) -> None:
        provider = f"arn:aws:iam::{ONE}:oidc-provider/token.actions.githubusercontent.com"
        trust = grant(
            "sts:AssumeRoleWithWebIdentity",
            (),
            policy="trust",
            principals=(Principal(type="Federated", value=provider),),
            when=(("StringLike", "token.actions.githubusercontent.com:sub", "repo:acme/app:environment:prod*"),),
        )
        who = PrincipalView(provider, kind="federated")
        for subject, verdict in (("repo:acme/app:environment:prod", "yes"), ("repo:acme/app:pull_request", "no")):
            context = {"token.actions.githubusercontent.com:sub": (subject,)}
            assert ask("sts:AssumeRoleWithWebIdentity", self.TARGET, trust, who=who, context=context) == verdict


class TestWhatAwsMaintains:
    def test_cannot_be_changed(self) -> None:
        everything = grant("*", "*")
        assert ask("iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/ReadOnlyAccess", everything) == "no"
        assert ask("iam:DeleteRole", f"arn:aws:iam::{ONE}:role/aws-reserved/sso/x", everything) == "no"
        assert ask("kms:DeleteAlias", f"arn:aws:kms:eu-west-1:{ONE}:alias/aws/rds", everything) == "no"


class TestNotPrincipal:
    def test_denies_everybody_who_is_not_listed(self) -> None:
        allowed = grant("*", "*")
        other = deny("*", "*", policy="resource", not_principals=(Principal(type="AWS", value=f"{ROLE.arn}-2"),))
        listed = deny("*", "*", policy="resource", not_principals=(Principal(type="AWS", value=ROLE.arn),))
        assert ask(DELETE, TABLE, allowed, other) == "no"
        assert ask(DELETE, TABLE, allowed, listed) == "yes"

    def test_hits_whoever_has_a_boundary(self) -> None:
        listed = deny("*", "*", policy="resource", not_principals=(Principal(type="AWS", value=ROLE.arn),))
        assert ask(DELETE, TABLE, grant("*", "*"), listed, grant("*", "*", policy="boundary")) == "no"


class TestVariables:
    PATTERN = "arn:aws:dynamodb:*:*:table/${aws:PrincipalTag/env}-*"

    def test_take_the_value_of_the_key(self) -> None:
        prod, staging = (PrincipalView(ROLE.arn, tags={"env": env}) for env in ("prod", "staging"))
        assert ask(DELETE, TABLE, grant(DELETE, self.PATTERN), who=prod) == "yes"
        assert ask(DELETE, TABLE, grant(DELETE, self.PATTERN), who=staging) == "no"

    def test_without_a_value_nothing_matches(self) -> None:
        assert ask(DELETE, TABLE, grant(DELETE, self.PATTERN)) == "no"
        assert ask(DELETE, TABLE, grant(DELETE, self.PATTERN.replace("env}", "env, 'prod'}"))) == "yes"

    def test_a_value_that_is_not_known_leaves_it_open(self) -> None:
        who = PrincipalView(ROLE.arn, tags={"env": None})
        assert ask(DELETE, TABLE, grant(DELETE, self.PATTERN), who=who) == "maybe"

    def test_only_in_the_newer_version_of_the_language(self) -> None:
        who = PrincipalView(ROLE.arn, tags={"env": "prod"})
        assert ask(DELETE, TABLE, grant(DELETE, self.PATTERN, version="2008-10-17"), who=who) == "no"

    def test_a_star_in_a_value_is_a_star(self) -> None:
        who = PrincipalView(ROLE.arn, tags={"env": "*"})
        assert ask(DELETE, TABLE, grant(DELETE, self.PATTERN), who=who) == "no"


class TestConditions:
    @pytest.mark.parametrize(
        ("test", "values", "verdict"),
        [
            ("StringEquals", "staging", "yes"),
            ("StringEquals", "stag*", "no"),
            ("StringLike", "stag*", "yes"),
            ("StringNotEquals", "staging", "no"),
            ("StringNotEquals", ("prod", "dev"), "yes"),
            ("StringEqualsIgnoreCase", "STAGING", "yes"),
            ("Null", "false", "yes"),
            ("Null", "true", "no"),
            ("ForAnyValue:StringEquals", ("staging", "x"), "yes"),
            ("ForAllValues:StringEquals", "prod", "no"),
        ],
    )
    def test_of_a_key_that_is_there(self, test: str, values: str | tuple[str, ...], verdict: str) -> None:
        who = PrincipalView(ROLE.arn, tags={"env": "staging"})
        rule = grant(DELETE, "*", when=((test, "aws:PrincipalTag/env", values),))
        assert ask(DELETE, TABLE, rule, who=who) == verdict

    @pytest.mark.parametrize(
        ("test", "verdict"),
        [
            ("StringEquals", "no"),
            ("StringNotEquals", "yes"),
            ("StringEqualsIfExists", "yes"),
            ("ForAllValues:StringEquals", "yes"),
            ("ForAnyValue:StringEquals", "no"),
        ],
    )
    def test_of_a_key_that_is_missing(self, test: str, verdict: str) -> None:
        assert ask(DELETE, TABLE, grant(DELETE, "*", when=((test, "aws:PrincipalTag/env", "x"),))) == verdict

    @pytest.mark.parametrize(
        ("test", "key", "values", "value", "verdict"),
        [
            ("NumericLessThan", "s3:max-keys", "10", "9", "yes"),
            ("NumericLessThan", "s3:max-keys", "10", "10", "no"),
            ("Bool", "aws:SecureTransport", "true", "TRUE", "yes"),
            ("IpAddress", "aws:SourceIp", "10.0.0.0/8", "10.1.2.3", "yes"),
            ("NotIpAddress", "aws:SourceIp", "10.0.0.0/8", "10.1.2.3", "no"),
            ("DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "yes"),
            ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/staging-*", ROLE.arn, "yes"),
        ],
    )
    def test_operators(self, test: str, key: str, values: str, value: str, verdict: str) -> None:
        context = {key: (value,)}
        rule = grant("s3:ListBucket", "*", when=((test, key, values),))
        assert ask("s3:ListBucket", BUCKET, rule, context=context, resource_account=ONE) == verdict

    def test_several_values_need_a_quantifier(self) -> None:
        context = {"aws:PrincipalOrgPaths": ("a", "b")}
        plain = grant(DELETE, "*", when=(("StringEquals", "aws:PrincipalOrgPaths", "a"),))
        some = grant(DELETE, "*", when=(("ForAnyValue:StringEquals", "aws:PrincipalOrgPaths", "a"),))
        assert ask(DELETE, TABLE, plain, context=context) == "no"
        assert ask(DELETE, TABLE, some, context=context) == "yes"

    def test_where_a_request_comes_from_is_not_known(self) -> None:
        assert ask(DELETE, TABLE, grant(DELETE, "*", when=(("IpAddress", "aws:SourceIp", "10.0.0.0/8"),))) == "maybe"

    def test_what_the_caller_writes_is_no_guard(self) -> None:
        insecure = deny("*", "*", policy="resource", aws="*", when=(("Bool", "aws:SecureTransport", "false"),))
        assert ask("s3:DeleteObject", f"{BUCKET}/k", grant("s3:*", "*"), insecure, resource_account=ONE) == "yes"


class TestSupportedKeys:
    STAGING = (("StringEquals", "aws:ResourceTag/env", "staging"),)
    PRODUCTION = (("StringEquals", "aws:ResourceTag/env", "prod"),)

    def test_a_tag_decides_where_the_action_knows_it(self) -> None:
        db = f"arn:aws:rds:eu-west-1:{ONE}:db:orders"
        rule = grant("rds:*", "*", when=self.STAGING)
        assert ask("rds:DeleteDBInstance", db, rule, tags={"env": "prod"}) == "no"
        assert ask("rds:DeleteDBInstance", db, rule, tags={"env": "staging"}) == "yes"
        assert ask("rds:DeleteDBInstance", db, rule, tags=None) == "maybe"

    def test_a_tag_is_not_there_for_an_action_that_does_not_know_it(self) -> None:
        backup = f"{TABLE}/backup/0123"
        blocked = deny("*", "*", when=self.PRODUCTION)
        assert ask("dynamodb:DeleteBackup", backup, grant("*", "*"), blocked, tags={"env": "prod"}) == "yes"
        assert ask(DELETE, TABLE, grant("*", "*"), blocked, tags={"env": "prod"}) == "no"

    def test_bucket_tags_count_only_when_switched_on(self) -> None:
        blocked = deny("*", "*", when=self.PRODUCTION)
        common = {"tags": {"env": "prod"}, "resource_account": ONE}
        assert ask("s3:DeleteBucket", BUCKET, grant("*", "*"), blocked, abac=False, **common) == "yes"
        assert ask("s3:DeleteBucket", BUCKET, grant("*", "*"), blocked, abac=True, **common) == "no"
        assert ask("s3:DeleteBucket", BUCKET, grant("*", "*"), blocked, abac=None, **common) == "maybe"

    def test_an_action_without_resources_needs_a_star(self) -> None:
        store = "kms:DeleteCustomKeyStore"
        assert ask(store, "*", grant("kms:*", "*"), resource_account=ONE) == "yes"
        assert ask(store, "*", grant("kms:*", KEY), resource_account=ONE) == "no"


class TestHoles:
    def test_the_examples_of_the_design(self) -> None:
        assert ask(DELETE, TABLE, grant("dynamodb:*", f"arn:aws:dynamodb:*:*:table/{VAR}-*")) == "maybe"
        other = TABLE.replace("prod-orders", f"prod-{VAR}")
        assert ask(DELETE, other, grant("dynamodb:*", "arn:aws:dynamodb:*:*:table/staging-*")) == "no"
        assert ask(DELETE, other, grant("dynamodb:*", other)) == "yes"
