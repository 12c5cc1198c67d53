"""Every format on one report, made by hand: what the user sees is written out here."""

from __future__ import annotations

import base64
import hashlib
import json
from html.parser import HTMLParser

import pytest

from envfence.model import (
    Deployment,
    End,
    Environments,
    Evidence,
    Finding,
    Hop,
    Placement,
    Problem,
    Report,
    RuleText,
    Shares,
)
from envfence.report import Options, formats, render
from envfence.values import Span

WORKER = End(
    address="aws_iam_role.worker",
    deployment="live/staging",
    environments=("staging",),
    candidates=(),
    tier="nonproduction",
    file="live/staging/worker.tf",
    line=1,
)
BUCKET = End(
    address="aws_s3_bucket.orders",
    deployment="live/production",
    environments=("production",),
    candidates=(),
    tier="production",
    file="live/production/orders.tf",
    line=3,
)
STATEMENT = Evidence(
    span=Span("live/staging/worker.tf", 22, 17), says="the statement allows it", address="aws_iam_role_policy.worker"
)
DELETES = Finding(
    rule="nonproduction-can-destroy-production",
    family="access",
    severity="critical",
    certainty="proved",
    message="aws_iam_role.worker (staging) may delete aws_s3_bucket.orders (production)",
    fingerprint="9c41e07b55aa11ee",
    source=WORKER,
    target=BUCKET,
    cause=STATEMENT,
    path=(
        Hop(end=WORKER, edge="may[destroy]", says="may s3:DeleteObject on", evidence=(STATEMENT,)),
        Hop(end=BUCKET),
    ),
    also=((WORKER, BUCKET),),
    also_total=1,
    fix="Name the staging resource instead.",
    cut=1,
)
MAYBE = Finding(
    rule="production-store-without-deletion-guard",
    family="guards",
    severity="medium",
    certainty="possible",
    message="aws_s3_bucket.orders (production) may be unguarded",
    fingerprint="1111111111111111",
    target=BUCKET,
    cause=Evidence(span=Span("live/production/orders.tf", 3), says="here"),
    unknowns=("var.guard",),
)
IGNORED = Finding(
    rule="literal-secret",
    family="secrets",
    severity="high",
    certainty="proved",
    status="suppressed",
    justification="OPS-812",
    message="a secret",
    fingerprint="2222222222222222",
    target=WORKER,
    cause=STATEMENT,
)
REPORT = Report(
    root="repo",
    findings=(DELETES, MAYBE, IGNORED),
    deployments=(
        Deployment(id="live/staging", root="live/staging", config_dir="live/staging", span=Span("live/staging", 1)),
        Deployment(
            id="live/production", root="live/production", config_dir="live/production", span=Span("live/production", 1)
        ),
    ),
    environments=Environments(
        deployments={
            "live/staging": Placement(environments=("staging",), tier="nonproduction", firm=True),
            "live/production": Placement(environments=("production",), tier="production", firm=True),
        },
        nodes={},
        identities={},
        tiers={"production": "production", "staging": "nonproduction"},
    ),
    problems=(Problem(stage="parse", reason="unclosed block", span=Span("broken.tf", 7)),),
    shares=Shares(resources=4, resources_known=4, references=10, references_known=9, grants=2, grants_known=1),
    rules={
        "nonproduction-can-destroy-production": RuleText(
            name="nonproduction-can-destroy-production",
            family="access",
            severity="critical",
            title="May destroy",
            why="Because.",
            fix="Do.",
        )
    },
    snippets={
        "live/staging/worker.tf:1": 'resource "aws_iam_role" "worker" {',
        "live/staging/worker.tf:22": '    resources = ["arn:aws:s3:::acme-*"]',
        "live/production/orders.tf:3": 'resource "aws_s3_bucket" "orders" {',
    },
    resources=4,
    seconds=0.84,
    version="0.1.0",
)

TEXT = """\
critical  aws_iam_role.worker (staging) may delete aws_s3_bucket.orders (production)
                                                                nonproduction-can-destroy-production
      staging ━▶ production · 2 steps in 2 files · proved

 1 staging     aws_iam_role.worker                                          live/staging/worker.tf:1
   ┃      1 │ resource "aws_iam_role" "worker" {
   ┃ the statement allows it                                               live/staging/worker.tf:22
   ┃     22 │ resources = ["arn:aws:s3:::acme-*"]
   ▼ may s3:DeleteObject on
 2 production  aws_s3_bucket.orders                                      live/production/orders.tf:3
          3 │ resource "aws_s3_bucket" "orders" {

   also  live/production:aws_s3_bucket.orders
   fix   Name the staging resource instead.
   why   envfence explain nonproduction-can-destroy-production
   ok?   above any step:  # envfence: ignore[nonproduction-can-destroy-production] until=2027-02-20
         -- <reason>
   id    9c41e07b55aa

envfence: 1 finding (1 critical); 1 possible, 1 ignored; 4 resources in 2 deployments, 2 environments  0.8s
  resolved: resources 100 %, references 90 %, grants 50 %; 1 not read or decided (-f json lists them)
  --audit shows possible, ignored and low findings too
"""


def test_text_is_what_a_tired_engineer_reads() -> None:
    assert render("text", REPORT, Options(today="2026-11-22")) == TEXT


def test_text_without_unicode_is_ascii() -> None:
    assert render("text", REPORT, Options(unicode=False, today="2026-11-22")).isascii()


def test_advice_on_a_rule_is_given_once() -> None:
    import msgspec

    elsewhere = msgspec.structs.replace(DELETES, cause=Evidence(span=Span("other.tf", 4), says="here"))
    twice = msgspec.structs.replace(REPORT, findings=(DELETES, elsewhere))
    text = render("text", twice, Options(today="2026-11-22"))
    assert text.count("envfence explain") == 1
    assert text.count("id    9c41e07b55aa") == 2


def test_one_cause_is_drawn_once_for_all_environments_that_reach_through_it() -> None:
    import msgspec

    tested = msgspec.structs.replace(WORKER, environments=("test",))
    twin = msgspec.structs.replace(DELETES, source=tested, fingerprint="3333333333333333")
    text = render("text", msgspec.structs.replace(REPORT, findings=(DELETES, twin)), Options(today="2026-11-22"))
    assert text.count(" 1 staging") == 1
    assert "too   the same from test" in text
    assert "id    9c41e07b55aa, 333333333333" in text
    assert "2 findings (2 critical)" in text


def test_audit_shows_possible_and_ignored() -> None:
    text = render("text", REPORT, Options(audit=True, today="2026-11-22"))
    assert "depends on var.guard" in text
    assert "suppressed: OPS-812" in text


def test_colour_only_adds_escapes() -> None:
    from envfence.report._canvas import strip_style

    plain = render("text", REPORT, Options(today="2026-11-22"))
    assert strip_style(render("text", REPORT, Options(color=True, today="2026-11-22"))) == plain


@pytest.mark.parametrize("hostile", ["\x1b[2J", "a\rb", "\x00", "\u202e"])
def test_no_control_character_reaches_the_terminal(hostile: str) -> None:
    from envfence.report._canvas import clean

    assert not set(clean(f"x{hostile}y")) & {"\x1b", "\r", "\x00", "\u202e"}


def test_concise_is_one_line_a_finding() -> None:
    assert render("concise", REPORT, Options()) == (
        "live/staging/worker.tf:22:17: critical nonproduction-can-destroy-production staging->production "
        "aws_iam_role.worker (staging) may delete aws_s3_bucket.orders (production) [9c41e07b]\n"
    )


def test_json_keeps_the_contract() -> None:
    document = json.loads(render("json", REPORT, Options()))
    assert document["schema"] == "envfence/report/1"
    first = document["findings"][0]
    assert first["from"]["environments"] == ["staging"]
    assert first["path"][0]["edge"] == "may[destroy]"
    assert first["path"][-1]["edge"] is None
    assert first["path"][0]["evidence"][0]["line"] == 22
    assert document["findings"][1]["from"] is None
    assert document["unknowns"][0]["file"] == "broken.tf"
    assert document["summary"]["resolved"]["grants"] == [1, 2]
    assert len(document["findings"]) == 3


def test_sarif_names_the_own_file_of_every_step() -> None:
    run = json.loads(render("sarif", REPORT, Options()))["runs"][0]
    first = run["results"][0]
    steps = first["codeFlows"][0]["threadFlows"][0]["locations"]
    uris = [step["location"]["physicalLocation"]["artifactLocation"]["uri"] for step in steps]
    assert uris == ["live/staging/worker.tf", "live/staging/worker.tf", "live/production/orders.tf"]
    assert first["locations"][0]["physicalLocation"]["region"]["startLine"] == 22
    assert first["level"] == "error"
    assert run["results"][1]["level"] == "note"
    assert run["results"][2]["suppressions"][0]["justification"] == "OPS-812"


def test_a_clean_report_is_short() -> None:
    import msgspec

    clean = msgspec.structs.replace(REPORT, findings=(), problems=())
    lines = render("text", clean, Options()).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("envfence: nothing crosses")


@pytest.mark.parametrize("name", formats())
def test_every_format_renders_an_empty_report(name: str) -> None:
    import msgspec

    empty = msgspec.structs.replace(REPORT, findings=(), deployments=(), problems=())
    assert isinstance(render(name, empty, Options()), str)


def test_github_annotates_the_place_to_edit() -> None:
    lines = render("github", REPORT, Options(prefix="infra")).splitlines()
    assert lines == [
        "::error file=infra/live/staging/worker.tf,line=22,col=17,title=nonproduction-can-destroy-production::"
        "aws_iam_role.worker (staging) may delete aws_s3_bucket.orders (production)"
        "%0A1. staging: aws_iam_role.worker (live/staging/worker.tf:1) may s3:DeleteObject on"
        "%0A2. production: aws_s3_bucket.orders (live/production/orders.tf:3)"
        "%0Afix: Name the staging resource instead.",
        "envfence: 1 finding (1 critical); 1 possible, 1 ignored; 4 resources in 2 deployments, 2 environments",
    ]


def test_github_never_makes_an_error_of_what_is_possible_or_accepted() -> None:
    lines = render("github", REPORT, Options(audit=True)).splitlines()
    assert [line.split(" ")[0] for line in lines[:3]] == ["::error", "::notice", "::notice"]


def test_no_text_of_a_repository_ends_or_starts_a_workflow_command() -> None:
    import msgspec

    evil = msgspec.structs.replace(
        DELETES, message="a\n::set-output name=x::y%", cause=Evidence(span=Span("a,b:c\n.tf", 1), says="")
    )
    text = render("github", msgspec.structs.replace(REPORT, findings=(evil,)), Options())
    assert len(text.splitlines()) == 2
    assert "file=a%2Cb%3Ac%0A.tf,line=1" in text
    assert "y%25" in text


def test_markdown_is_a_comment_with_the_steps_folded() -> None:
    text = render("markdown", REPORT, Options(prefix="infra"))
    assert text == (
        "<!-- envfence -->\n"
        "### envfence: 1 finding (1 critical); 1 possible, 1 ignored\n\n"
        "| | from → to | what | edit here |\n|---|---|---|---|\n"
        "| 🔴 critical | **staging → production** | aws\\_iam\\_role.worker (staging) may delete "
        "aws\\_s3\\_bucket.orders (production) | `infra/live/staging/worker.tf:22` |\n\n"
        "<details><summary>2 steps, nonproduction-can-destroy-production <code>9c41e07b55aa</code></summary>\n\n"
        "1. **staging** `aws_iam_role.worker` may s3:DeleteObject on - `infra/live/staging/worker.tf:1`\n"
        "2. **production** `aws_s3_bucket.orders` - `infra/live/production/orders.tf:3`\n\n"
        "Name the staging resource instead.\n\n"
        "</details>\n\n"
        "4 resources in 2 deployments, 2 environments · resolved: resources 100 %, references 90 %, grants 50 %\n"
    )


def test_markdown_fits_into_a_comment_and_says_what_it_left_out() -> None:
    import msgspec

    many = tuple(msgspec.structs.replace(DELETES, fingerprint=f"{number:016x}") for number in range(500))
    text = render("markdown", msgspec.structs.replace(REPORT, findings=many), Options())
    assert len(text) < 65_536
    shown = text.count("<details>")
    assert f"… and {500 - shown} more" in text


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "@everyone", "[x](https://evil)", "a | b", "`x`"])
def test_markdown_of_hostile_text_is_text(hostile: str) -> None:
    import msgspec

    evil = msgspec.structs.replace(DELETES, message=hostile)
    row = render("markdown", msgspec.structs.replace(REPORT, findings=(evil,)), Options()).splitlines()[5]
    cell = row.split(" | ", 2)[2].rsplit(" | ", 1)[0]
    assert "<" not in cell
    assert "@" not in cell
    assert not [at for at, char in enumerate(cell) if char in "[|`" and cell[at - 1] != "\\"]


class _Page(HTMLParser):
    """The tags of a page in order, and the texts of its articles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_html_has_a_matrix_and_an_article_a_finding() -> None:
    page = _Page(render("html", REPORT, Options()))
    assert [button["data-pair"] for button in page.of("button") if "data-pair" in button] == ["staging → production"]
    articles = page.of("article")
    assert [article["id"] for article in articles] == ["9c41e07b55aa", "111111111111", "222222222222"]
    assert ["hidden" in article for article in articles] == [False, True, True]
    lanes = [section["class"] for section in page.of("section")]
    assert lanes[:2] == ["lane nonproduction", "lane production"]


def test_html_loads_nothing_and_runs_only_its_own_script() -> None:
    import msgspec

    evil = msgspec.structs.replace(DELETES, message='<script src="https://evil"></script><img src=x onerror=alert(1)>')
    text = render("html", msgspec.structs.replace(REPORT, findings=(evil,)), Options())
    page = _Page(text)
    assert [dict(attributes) for attributes in page.of("script")] == [{}]
    assert not page.of("img")
    policy = next(str(m["content"]) for m in page.of("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        inner = text.split(f"<{tag}>", 1)[1].split(f"</{tag}>", 1)[0]
        digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_sarif_names_files_from_the_working_directory_on() -> None:
    run = json.loads(render("sarif", REPORT, Options(prefix="infra/terraform")))["runs"][0]
    place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == "infra/terraform/live/staging/worker.tf"
