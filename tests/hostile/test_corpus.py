"""More than a thousand malformed files of each kind that comes from outside, and of those that stages write for each
other, through the readers that meet them."""

import collections

import corpus
import pytest
import sandbox
from corpus_stages import STAGES
from crafted_files import CASES

READERS = {
    "nifti": ["nifti"], "png": ["picture", "mask"], "jpg": ["picture", "mask"], "tif": ["picture", "mask"],
    "dicom": ["picture", "nifti"], "scan": ["scan"], "xlsx": ["table"], "zip": ["zip"], "yaml": ["config"],
    **{kind: [kind] for kind in STAGES},
}  # fmt: skip
COUNT = 150
# Damage to a pixel, a comment or a checksum that nobody reads leaves a file valid.
MOST_VALID = 0.6


def test_the_page_about_it_gives_its_numbers():
    page = (sandbox.ROOT / "docs/hostile_input.md").read_text()
    assert f"{COUNT} files of each" in page and f"{COUNT * len(READERS):,} in all" in page
    assert f"{len(corpus.MUTATIONS)} kinds of damage" in page and f"{len(CASES)} files made to do harm" in page


def test_the_corpus_is_large_and_always_the_same():
    assert COUNT * len(corpus.SEEDS) >= 1000
    for make in corpus.SEEDS.values():
        cases = list(corpus.generate(make(), 60))
        assert len({content for _, content in cases}) > 50
        assert cases == list(corpus.generate(make(), 60))


@pytest.mark.parametrize("kind", READERS)
def test_malformed_files_are_refused_in_words(kind, tmp_path):
    valid = (corpus.SEEDS | STAGES)[kind]()
    cases = []
    for number, (name, content) in enumerate([*valid, *corpus.generate(valid, COUNT)]):
        path = tmp_path / "cases" / str(number) / name
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        cases += [(reader, path) for reader in READERS[kind]]
    before = sandbox.tree(tmp_path)
    outcomes = sandbox.run(cases, tmp_path / "home")
    assert sandbox.complaints(outcomes) == []
    assert sandbox.tree(tmp_path) == before
    results = collections.Counter(outcome.result for outcome in outcomes)
    assert results["ok"] <= MOST_VALID * len(outcomes), results
