"""The captions of the figures: one file each, for the summary page and for Snakemake's report."""

import re
from pathlib import Path

import pytest
from docutils.core import publish_parts

from ssinfnet.report import captions

ROOT = Path(__file__).parents[3]
FILES = sorted(captions.FOLDER.glob("*.rst"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_page_and_the_report_say_the_same(file):
    caption = captions.of_figure(file.stem)
    assert caption.title and caption.seen and caption.text.endswith(".")
    report = publish_parts(file.read_text(), writer="html", settings_overrides={"smart_quotes": False})["fragment"]
    shown = re.sub(r"<!--.*?-->|<[^>]+>", "", report, flags=re.DOTALL)
    assert " ".join(shown.split()).replace("&quot;", '"') == caption.text


def test_every_caption_belongs_to_an_output():
    rules = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    assert sorted(set(re.findall(r"{CAPTIONS}/(\w+)\.rst", rules))) == [file.stem for file in FILES]


def test_a_figure_without_a_caption_is_titled_by_its_name():
    assert captions.of_figure("some_figure") == ("Some figure", "some_figure", "")
