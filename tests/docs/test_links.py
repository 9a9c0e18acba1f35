"""Every relative link of our Markdown leads somewhere: to a file that is there, and to a heading that it has.

`make docs` looks up the links inside of docs/ as well; README, CHANGELOG and CONTRIBUTING are not on the site.
"""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^()\s]+(?:\([^()\s]*\)[^()\s]*)*)\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)


def links(text):
    return LINK.findall(re.sub(r"`[^`\n]*`", "", FENCE.sub("", text)))


def anchors(text):
    """The ids that a heading gets, as GitHub and Python-Markdown make them."""
    headings = re.findall(r"^#{1,6} +(.+?) *#*$", FENCE.sub("", text), re.M)
    return {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", heading.replace("`", "")).strip().lower()) for heading in headings}  # fmt: skip


def broken(page, root):
    """Every link of the page that leads nowhere, or out of the checkout."""
    found = []
    for link in links(page.read_text("utf-8")):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / unquote(name)).resolve() if name else page
        there = target.exists() and target.is_relative_to(root)
        if not there or (
            anchor and target.suffix == ".md" and anchor not in anchors(target.read_text("utf-8"))
        ):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page):
    assert broken(page, ROOT.resolve()) == []


def test_every_page_of_the_site_is_in_its_navigation():
    config = (ROOT / "zensical.toml").read_text("utf-8")
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    index = (ROOT / "docs/decisions/index.md").read_text("utf-8")
    for page in sorted(pages):
        name = page.removeprefix("decisions/")
        assert f'"{page}"' in config or f"({name})" in index, f"{page} is in no menu"


def test_a_broken_link_is_found(tmp_path):
    (tmp_path / "there.md").write_text("# What is here?\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](there.md#what-is-here) [b](gone.md) [c](there.md#nothing) ![d](gone.svg) [e](https://x.example)\n"
        "`[f](code.md)` [g](../../../outside) [h](#own)\n```\n[i](fenced.md)\n```\n# Own\n"
    )
    assert broken(page, tmp_path.resolve()) == ["gone.md", "there.md#nothing", "gone.svg", "../../../outside"]
