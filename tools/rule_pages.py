"""Writes docs/rules/FAMILY.md from the rules themselves, so that page, `envfence explain` and tests cannot drift apart.

python tools/rule_pages.py           # write
python tools/rule_pages.py --check   # exit 1 when a page is not what the rules say
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from envfence.judge.rules import Rule, shipped_rules

PAGES = Path(__file__).resolve().parent.parent / "docs" / "rules"
_LANGUAGES = {
    ".tf": "hcl",
    ".tfvars": "hcl",
    ".hcl": "hcl",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".sh": "sh",
    ".json": "json",
}


def pages() -> dict[str, str]:
    """The text of every page by its file's name."""
    rules = shipped_rules()
    families = sorted({rule.family for rule in rules})
    texts = {f"{family}.md": _page(family, [r for r in rules if r.family == family]) for family in families}
    lines = ["# Rules", "", "Generated from `rules/`; `envfence explain NAME` shows the same.", ""]
    for family in families:
        lines += [f"## [{family}]({family}.md)", "", "| rule | severity | |", "|---|---|---|"]
        lines += [
            f"| [{rule.name}]({family}.md#{rule.name}) | {rule.severity} | {rule.title} |"
            for rule in rules
            if rule.family == family
        ]
        lines.append("")
    texts["README.md"] = "\n".join(lines)
    return texts


def _page(family: str, rules: list[Rule]) -> str:
    lines = [f"# {family}", ""]
    for rule in rules:
        lines += [f"## {rule.name}", "", f"*{rule.severity}* · {rule.title}.", ""]
        for title, text in (("Why", rule.why), ("Fix", rule.fix), ("Fine when", rule.fine)):
            if text:
                lines += [f"**{title}.** {' '.join(text.split())}", ""]
        versions = (
            ("Bad, before", rule.bad_before),
            ("Bad, after" if rule.bad_before else "Bad", rule.bad),
            ("Good, before", rule.good_before),
            ("Good, after" if rule.good_before else "Good", rule.good),
        )
        for title, files in versions:
            lines += _example(title, files)
        if rule.references:
            lines += ["References:", "", *(f"- <{reference}>" for reference in rule.references), ""]
    return "\n".join(lines)


def _example(title: str, files: Mapping[str, str]) -> list[str]:
    lines = []
    for path, text in sorted(files.items()):
        lines += [f"{title}, `{path}`:", "", f"```{_LANGUAGES.get(Path(path).suffix, '')}", text.rstrip(), "```", ""]
    return lines


def main() -> int:
    """Writes the pages, or compares them."""
    texts = pages()
    if "--check" in sys.argv[1:]:
        present = {path.name: path.read_text(encoding="utf-8") for path in PAGES.glob("*.md")}
        stale = sorted(name for name in {*texts, *present} if texts.get(name) != present.get(name))
        if stale:
            print(f"stale, run tools/rule_pages.py: {', '.join(stale)}")
        return 1 if stale else 0
    PAGES.mkdir(parents=True, exist_ok=True)
    for path in PAGES.glob("*.md"):
        path.unlink()
    for name, text in texts.items():
        (PAGES / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
