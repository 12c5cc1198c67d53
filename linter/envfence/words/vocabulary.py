"""The tables of the vocabulary: environments with their spellings, nouns that look like them, hubs, words of projects.

Comes in: nothing. Goes out: tables. Must not know: how texts are taken apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

PRODUCTION = "production"
NONPRODUCTION = "nonproduction"
SHARED = "shared"
OUTSIDE = "outside"
UNKNOWN = "unknown"
TIERS = (PRODUCTION, NONPRODUCTION, SHARED, OUTSIDE, UNKNOWN)

# How far a spelling can be trusted inside a longer name: everywhere; as its first or last token; as its last token;
# or never (it must be the whole value, a path segment's end, or a word that the repository is known to use).
ANYWHERE, ENDS, LAST, VALUE = range(4)

# canonical, tier, rank (how near to production), then spellings by trust. "pre-prod" is joined before it is looked up.
_VOCABULARY: tuple[tuple[str, str, int, str, str, str, str], ...] = (
    ("production", PRODUCTION, 9, "prod prd production", "", "live", ""),
    ("preproduction", NONPRODUCTION, 6, "preprod preprd preproduction ppd", "", "prelive", ""),
    ("staging", NONPRODUCTION, 6, "staging stg stag", "stage", "", ""),
    ("uat", NONPRODUCTION, 5, "uat", "", "", "acceptance acc"),
    ("aat", NONPRODUCTION, 5, "", "", "", "aat"),
    ("rehearsal", NONPRODUCTION, 5, "", "", "", "rehearsal"),
    ("impl", NONPRODUCTION, 5, "", "", "", "impl"),
    ("training", NONPRODUCTION, 5, "", "", "training", "train trn"),
    ("demo", NONPRODUCTION, 5, "", "demo", "", ""),
    ("integration", NONPRODUCTION, 4, "intg", "", "", "integration int integ sit"),
    ("test", NONPRODUCTION, 4, "tst", "test", "", "testing"),
    ("qa", NONPRODUCTION, 4, "qa", "", "", ""),
    ("reference", NONPRODUCTION, 4, "", "", "", "ref reference"),
    ("performance", NONPRODUCTION, 4, "", "", "", "perf performance perftest loadtest nft"),
    ("ithc", NONPRODUCTION, 4, "", "", "", "ithc pentest"),
    ("preview", NONPRODUCTION, 3, "", "preview", "", ""),
    ("ephemeral", NONPRODUCTION, 3, "", "eph", "ephemeral", "review"),
    ("development", NONPRODUCTION, 2, "dev development", "", "devel", "develop devl"),
    ("sandbox", NONPRODUCTION, 1, "sandbox sbx sbox sandpit", "", "playground", "sbxs"),
    ("poc", NONPRODUCTION, 1, "", "", "poc", ""),
    ("prototype", NONPRODUCTION, 1, "", "", "prototype proto", ""),
    ("nonproduction", NONPRODUCTION, 0, "nonprod nonprd nonproduction nonlive notprod notprd", "", "", "np"),
)
#: Names for "everything that is not production": a set of environments, compatible with each of its members.
GENERIC = "nonproduction"

JOINS = {
    **{("non", word): "nonprod" for word in ("prod", "prd", "production", "live")},
    **{("not", word): "nonprod" for word in ("prod", "prd", "production")},
    **{("pre", word): "preprod" for word in ("prod", "prd", "production")},
    ("pre", "live"): "prelive",
}


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_HUB_WORDS = _set("shared common global mgmt management tooling tools core hub central root")
HUB_FIRST = _set("shared core hub mgmt tooling global central")
HUB_WHOLE = _HUB_WORDS | _set(
    "audit security platform network networking observability bootstrap org organisation organization"
)

# Neighbours that make an ordinary noun of a word: (before it, after it).
NOUNS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "dev": (frozenset(), _set("ops sec secops tools tool null desktop desktops center containers kit")),
    "development": (_set("software business app"), _set("kit tools team")),
    "test": (
        _set(
            "smoke load unit e2e integration synthetic performance perf pen penetration stress health functional "
            "acceptance regression ab end connectivity contract"
        ),
        _set(
            "runner runners results result data suite report reports plan case cases user users kitchen string arn "
            "bool numeric date ip driven fixtures harness framework coverage automation"
        ),
    ),
    "stage": (
        _set("api gateway apigw apigateway apigatewayv2 rest pipeline deploy build source approval multi"),
        _set("name names variables variable description arn key key1 invoke action"),
    ),
    "integration": (
        _set("api gateway rest http lambda vnet vpc slack github apigatewayv2 aws continuous service"),
        _set("test tests response responses uri type method http"),
    ),
    "live": (_set("go time infra infrastructure"), frozenset()),
    "training": (_set("ml model job"), _set("job jobs data model")),
    "preview": (_set("link feature"), _set("image images features url")),
    "performance": (frozenset(), _set("insights mode test tests")),
    "prod": (_set("letsencrypt encrypt"), _set("ops")),
    "sandbox": (frozenset(), frozenset()),
    "staging": (_set("letsencrypt encrypt"), _set("area bucket table tables")),
    "production": (_set("letsencrypt encrypt"), frozenset()),
}

# What stands beside environment words in real trees and var-file folders without being an environment.
NEVER_INVENTED = _set(
    "account accounts alerts all any app application apps archive archived assets aurora aws azure backend backends "
    "backup backups base billing bin bootstrap build certs charts ci cicd cloud cloudflare cluster clusters config "
    "configs data database db default defaults deploy deployment deployments deprecated dns docker docs ec2 ecr ecs "
    "eks elasticache env environment environments envs example examples files fixtures gcp gcs github gitlab global "
    "google grafana helm iam identities identity images infra infrastructure ingress init inputs k8s kms kubernetes "
    "lambda legacy lib live local locals logging logs main manager manifests master meta misc module modules "
    "monitoring network networking none null old org organisation organization outputs pages params pipeline "
    "pipelines policies policy projects providers rds redis region regions remote resources roles root route53 rules "
    "s3 sample scripts secrets security service services setup sqs ssm stack stacks state states storage template "
    "templates terraform terragrunt tfstate users utils variables vars vault vendor versions vpc vpn waf workspace "
    "workspaces"
)


#: Two of these in one word are one environment for both purposes (`devstg`).
_COMBINED = _set("dev test tst stg stage staging qa uat int")


@dataclass(frozen=True, slots=True)
class Spelling:
    """One spelling of an environment, and how far it is trusted inside a longer name."""

    canonical: str
    tier: str
    trust: int


def _build() -> tuple[dict[str, Spelling], dict[str, int]]:
    spellings: dict[str, Spelling] = {}
    ranks: dict[str, int] = {}
    for canonical, tier, rank, *columns in _VOCABULARY:
        ranks[canonical] = rank
        for trust, column in enumerate(columns):
            for spelling in column.split():
                spellings[spelling] = Spelling(canonical, tier, trust)
    for first, second in permutations(sorted(_COMBINED), 2):
        if spellings[first].canonical != spellings[second].canonical:
            spellings.setdefault(first + second, Spelling(first + second, NONPRODUCTION, VALUE))
    return spellings, ranks


SPELLINGS, RANKS = _build()
VOCABULARY = tuple(row[0] for row in _VOCABULARY)
