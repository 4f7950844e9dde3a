"""The documents: a short README that lists every page, and links that lead somewhere."""

import re
import urllib.parse
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
MOST_LINES = 120
# Where Markdown is; data/ and results/ hold files of many kinds below their READMEs.
PLACES = ("*.md", "docs/**/*.md", "data/*.md", "results/*.md", "workflow_scripts/**/*.md", "tests/**/*.md")
PAGES = sorted(path for place in PLACES for path in ROOT.glob(place))


def prose(page: Path) -> str:
    """The page without code, in which brackets are no links and `#` is no heading."""
    return re.sub(r"`[^`\n]+`", "", re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL))


def links(page: Path) -> list[str]:
    """The targets of the page's links and pictures, those to other hosts left out."""
    targets = re.findall(r"\]\(([^()\s]+)\)", prose(page))
    return [target for target in targets if not urllib.parse.urlparse(target).scheme]


def anchors(page: Path) -> set[str]:
    """The anchors of the page's headings, as GitHub names them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(page: Path, target: str) -> bool:
    """Whether the file of a link exists, and has the anchor where the link names one."""
    name, _, anchor = target.partition("#")
    file = page.parent / name if name else page
    return file.exists() and (not anchor or anchor in anchors(file))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    assert [target for target in links(page) if not leads_somewhere(page, target)] == []


def test_a_link_to_nothing_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# One `thing`: first\n[a](page.md#one-thing-first) [b](no.md) [c](#two) `[d](no.md)`\n")
    assert [target for target in links(page) if not leads_somewhere(page, target)] == ["no.md", "#two"]


def test_the_readme_is_short():
    assert len(README.read_text().splitlines()) <= MOST_LINES


def test_the_readme_lists_every_page():
    contents = README.read_text().split("\n## Contents of `docs/`\n")[1].split("\n## ")[0]
    listed = re.findall(r"^\| \[[^]]+\]\((docs/[^)]+)\)", contents, flags=re.MULTILINE)
    assert sorted(listed) == sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))
