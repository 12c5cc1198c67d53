"""Nodes for what is named but declared nowhere: principals, accounts, ARNs, names.

In: the texts that name them, with who says so. Out: nodes with the id `external:TEXT`, placed by what is known of
their account and by their own name. Must not know edges.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from envfence.graph.azure_ids import short_id
from envfence.graph.graph import GraphNode
from envfence.graph.names import GLOBAL_FORMS, parse_arn
from envfence.graph.symbols import readable
from envfence.graph.unknowns import place_unknown
from envfence.model import Environments, Node, Placement
from envfence.values import Span, Symbols, has_holes, hole_index
from envfence.words import tokens

Placer = Callable[[str], Placement]
PREFIX = "external:"
OUTSIDE = Placement(tier="outside", firm=True)
#: An account that nothing is known of: outside, unless it is one of ours that the code does not name.
STRANGE = Placement(tier="outside")
NOWHERE = Placement()
#: The last step of a reference: a key in brackets, or a name.
_LAST_STEP = re.compile(r"""\["([^"\]]+)"\]$|(?:^|\.)([A-Za-z0-9_-]+)$""")
#: A map of accounts, as it stands before a step that picks one: `var.account_ids`, `merge(local.account_ids, {…})`.
_ACCOUNT_MAP = re.compile(r"account(?:s|_?ids|_?numbers)(?:\Z|, \{)", re.IGNORECASE)

_KINDS_BY_SERVICE = {
    "s3": ("store", "aws_s3_bucket"),
    "dynamodb": ("store", "aws_dynamodb_table"),
    "rds": ("store", "aws_db_instance"),
    "ecr": ("store", "aws_ecr_repository"),
    "elasticfilesystem": ("store", "aws_efs_file_system"),
    "es": ("store", "aws_opensearch_domain"),
    "backup": ("backup", "aws_backup_vault"),
    "secretsmanager": ("secret", "aws_secretsmanager_secret"),
    "ssm": ("secret", "aws_ssm_parameter"),
    "kms": ("key", "aws_kms_key"),
    "iam": ("identity", "aws_iam_role"),
    "sts": ("identity", "aws_iam_role"),
    "lambda": ("compute", "aws_lambda_function"),
}
#: Shorter words of a deployment's name stand in too many others.
_SHORTEST_NAME = 4
#: Resources whose ARN begins so are copies of another one.
_COPIES = ("snapshot:", "cluster-snapshot:")
#: What says whose an account is, and not only what it was seen beside.
_SURE_SIGNALS = frozenset({"declared", "boundary", "input"})
_KINDS_BY_FORM = {
    "aws": "boundary",
    "database": "store",
    "google": "boundary",
    "azurerm_storage_account": "store",
    "azurerm_cosmosdb_account": "store",
    "azurerm_container_registry": "store",
    "azurerm_key_vault": "secret",
    "aws_iam_role": "identity",
    "aws_iam_user": "identity",
    "aws_iam_group": "identity",
    "google_service_account": "identity",
    "azuread_object": "identity",
    "kubernetes_namespace": "identity",
    "aws_s3_bucket": "store",
    "aws_db_instance": "store",
    "aws_rds_cluster": "store",
    "aws_db_snapshot": "backup",
    "aws_db_cluster_snapshot": "backup",
    "google_storage_bucket": "store",
}
_SECRET_FORMS = (
    "aws_secretsmanager_secret",
    "aws_ssm_parameter",
    "kubernetes_secret",
    "vault_",
    "google_secret_manager",
    "azurerm_key_vault_secret",
)

_NETWORK_FORMS = ("aws_vpc", "azurerm_virtual_network", "google_compute_network", "aws_security_group", "cidr")
#: `recovery-point:*`, `parameter/*`
_WHOLE_KIND = re.compile(r"[^:/]+[:/]\*+")


def is_whole_kind(resource: str) -> bool:
    """Whether the resource part of an ARN means all things of one kind."""
    return _WHOLE_KIND.fullmatch(resource) is not None


@dataclass(slots=True)
class Externals:
    """Makes each external node once. `place` is what *assign* says of a text that names a thing elsewhere."""

    environments: Environments
    place: Placer
    symbols: Symbols
    made: dict[str, GraphNode] = field(default_factory=dict)
    _placed: dict[str, Placement] = field(default_factory=dict)
    _hinted: dict[str, Placement] = field(default_factory=dict)
    _unknowns: dict[tuple[str, tuple[str, ...]], Placement] = field(default_factory=dict)

    def placement(self, text: str) -> Placement:
        """Where something named `text` belongs, as far as one can tell."""
        if text not in self._placed:
            self._placed[text] = self.place(text)
        return self._placed[text]

    def account(self, account: str, span: Span) -> GraphNode:
        """The node for every identity of an AWS account. An account that nothing is known of is outside."""
        text = f"aws:{account}"
        known = self.environments.identities.get(text) or self.placement(text)
        if known.tier == "unknown" and not known.candidates:
            known = STRANGE if not has_holes(account) else self.unknown_account(account)
        return self._make(text, "external", "", span, known, (f"arn:aws:iam::{account}:root",))

    def unknown_account(self, account: str) -> Placement:
        """Where an account belongs of which only the name is known that it came by: `var.account_ids["staging"]`.

        The key of a map of accounts says as much as the number behind it would; another name is only a name.
        """
        if account not in self._hinted:
            self._hinted[account] = self._hint(account)
        return self._hinted[account]

    def _hint(self, account: str) -> Placement:
        if len(account) != 1 or not has_holes(account):
            return NOWHERE
        what = readable(account, self.symbols)[2:-1]
        match = _LAST_STEP.search(what)
        if what.startswith("account(") or match is None or "account" not in what.lower():
            return NOWHERE
        key = match.group(1) or match.group(2)
        found = self.placement(key)
        if not found.environments:
            found = self.placement(what)  # the name of the secret or output that it is kept in
        if len(found.environments) != 1:
            return NOWHERE
        before = what[: match.start()].lower()
        keyed = "account" in before if match.group(1) is not None else bool(_ACCOUNT_MAP.search(before))
        return msgspec.structs.replace(found, firm=keyed and found.environments == self.placement(key).environments)

    def anyone(self, span: Span) -> GraphNode:
        """The node for everybody."""
        return self._make("*", "external", "", span, OUTSIDE, ())

    def named(self, text: str, asker: GraphNode, span: Span) -> GraphNode:
        """The node for a name or ARN. A name that is unique inside an account only is taken to be in the asker's."""
        form = text.partition(":")[0]
        arn = parse_arn(text)
        kind, type_ = _kind(text)
        if arn is None and form not in GLOBAL_FORMS:
            scope = asker.node.boundary or asker.deployment
            return self._make(f"{scope}/{text}", kind, type_ or form, span, self._place_name(text, asker), (text,))
        return self._make(text, kind, type_, span, self._place_arn(text), (text,))

    def made_by(self, text: str, asker: GraphNode, span: Span) -> GraphNode:
        """The node for what an unread module makes: it belongs where the module is called."""
        kind, type_ = _kind(text)
        return self._make(text, kind, type_, span, asker.placement, (text,))

    def unknown(self, text: str, asker: GraphNode, span: Span, service: str = "") -> GraphNode | None:
        """The node behind a text that is one unknown (perhaps with a path behind it), where the names that the unknown
        came through tell another environment than the asker's; None where they do not."""
        form, colon, rest = text.partition(":")
        body = rest if colon and form.isidentifier() else text
        if not body or hole_index(body[0]) is None or has_holes(body[1:]) or body[1:2] not in ("", "/", "*"):
            return None
        own = tuple(asker.placement.environments or asker.placement.candidates)
        if (body[0], own) not in self._unknowns:
            what = readable(body[0], self.symbols)[2:-1]
            self._unknowns[(body[0], own)] = place_unknown(what, own, self.environments, self.placement)
        placement = self._unknowns[(body[0], own)]
        if not placement.environments:
            return None
        kind, type_ = _KINDS_BY_SERVICE.get(service, _kind(text) if body != text else ("other", ""))
        text = f"{asker.deployment}/{body[0]}"
        return self._make(text, kind, type_, span, placement, (body[0],), shown=body[0])

    def subject(self, who: str, type_: str, asker: GraphNode, placement: Placement) -> GraphNode:
        """The node for whoever holds a token of an identity provider, by its subject, as one resource trusts it."""
        node_id = f"{PREFIX}{who} for {asker.id}"
        if node_id not in self.made:
            node = Node(address=who, kind="external", type=type_, span=asker.span, mode="external")
            self.made[node_id] = GraphNode(node_id, node, "", placement)
        return self.made[node_id]

    def state(self, identity: str, span: Span, placement: Placement) -> GraphNode:
        """The node for a Terraform state that no deployment here keeps."""
        return self._make(f"state:{identity}", "state", "terraform-state", span, placement, ())

    def _place_name(self, text: str, asker: GraphNode) -> Placement:
        """A name says more than the account it is looked up in only when it names another environment."""
        found = self.placement(text)
        if found.tier == "unknown" and not found.candidates:
            found = self.placement(_parted(text, asker))
        if found.environments and not set(found.environments) & set(asker.placement.environments):
            return found
        return asker.placement

    def _place_arn(self, text: str) -> Placement:
        arn = parse_arn(text)
        if arn is not None and arn.account and not has_holes(arn.account):
            known = self.environments.identities.get(f"aws:{arn.account}")
            if known is not None and len(known.environments) > 1:
                return known if is_whole_kind(arn.resource) else self._in_common_account(text, arn.account, known)
            if known is not None and (known.environments or known.candidates):
                return self._unless_named_otherwise(text, arn.account, known)
        if arn is not None and has_holes(arn.account) and self.unknown_account(arn.account).environments:
            return self.unknown_account(arn.account)
        found = self.placement(text)
        if found.tier == "unknown" and not found.candidates and arn is not None and arn.service in ("iam", "sts"):
            return STRANGE if arn.account and not has_holes(text) else found
        return found

    def _in_common_account(self, text: str, account: str, known: Placement) -> Placement:
        """Where a thing in an account of several environments belongs: to the one that its own name says, never surely;
        else to whoever acts in the account."""
        named = self.placement(text.replace(f":{account}:", "::", 1))
        if len(named.environments) == 1 and named.environments[0] in known.environments:
            return msgspec.structs.replace(named, firm=False)
        return Placement(tier="shared", evidence=known.evidence)

    def _unless_named_otherwise(self, text: str, account: str, known: Placement) -> Placement:
        """The placement of an account, or one of two where it is only learned from names and the thing's own name says
        another environment: an account may serve several."""
        if any(signal.kind in _SURE_SIGNALS for signal in known.evidence):
            return known
        named = self.placement(text.replace(f":{account}:", "::", 1)).environments
        if len(named) != 1 or not known.environments or named[0] in known.environments:
            return known
        both = tuple(sorted({*known.environments, *named}))
        tiers = {self.environments.tiers.get(name, "unknown") for name in both}
        return Placement(candidates=both, tier=tiers.pop() if len(tiers) == 1 else "unknown", evidence=known.evidence)

    def _make(
        self,
        text: str,
        kind: str,
        type_: str,
        span: Span,
        placement: Placement,
        names: tuple[str, ...],
        shown: str = "",
    ) -> GraphNode:
        node_id = PREFIX + readable(text, self.symbols, scoped=True)
        if node_id not in self.made:
            node = Node(
                address=short_id(readable(shown or text, self.symbols, short=True)),
                kind=kind,
                type=type_,
                span=span,
                names=names,
                mode="external",
                boundary=_boundary(text),
            )
            self.made[node_id] = GraphNode(node_id, node, "", placement)
        return self.made[node_id]


def _parted(text: str, asker: GraphNode) -> str:
    """A name where a word of the asker's own deployment, which stands in it before another without a mark between them
    (`shopdev-final`), is marked off."""
    for word in sorted({each for each in tokens(asker.deployment) if len(each) >= _SHORTEST_NAME}):
        text = re.sub(rf"(?<![a-zA-Z0-9]){re.escape(word)}(?=[a-z])", f"{word}-", text)
    return text


def _boundary(text: str) -> str:
    arn = parse_arn(text)
    account = arn.account if arn else text.partition(":")[2] if text.startswith("aws:") else ""
    return f"aws:{account}" if account and not has_holes(account) else ""


def _kind(text: str) -> tuple[str, str]:
    arn = parse_arn(text)
    if arn is not None and arn.resource.startswith(_COPIES):
        return "backup", "aws_db_snapshot"
    if arn is not None and arn.service == "ec2" and arn.resource.startswith("vpc/"):
        return "network", "aws_vpc"
    if arn is not None and arn.service == "iam" and arn.resource.startswith("user/"):
        return "identity", "aws_iam_user"
    if arn is not None:
        return _KINDS_BY_SERVICE.get(arn.service, ("other", ""))
    form = text.partition(":")[0]
    if form.startswith(_SECRET_FORMS):
        return "secret", form
    return ("network" if form in _NETWORK_FORMS else _KINDS_BY_FORM.get(form, "other")), form
