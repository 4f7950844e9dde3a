"""At least a thousand malformed files of each kind that comes from outside, through the readers that meet them."""

import collections

import corpus
import pytest
import sandbox

READERS = {
    "nifti": ["nifti"], "png": ["picture", "mask"], "jpg": ["picture", "mask"], "tif": ["picture", "mask"],
    "dicom": ["picture", "nifti"], "xlsx": ["table"], "zip": ["zip"], "yaml": ["config"],
}  # fmt: skip
COUNT = 180
# A change of a comment, a pixel or a checksum that nobody reads leaves a file valid.
MOST_VALID = {"jpg": 0.6, "tif": 0.6, "zip": 0.5, "yaml": 0.5, "nifti": 0.5, "xlsx": 0.6, "png": 0.2, "dicom": 0.2}


def test_the_corpus_is_large_and_always_the_same():
    assert COUNT * len(corpus.SEEDS) >= 1000
    for kind in corpus.SEEDS:
        cases = list(corpus.generate(kind, 60))
        assert len({content for _, content in cases}) > 50
        assert cases == list(corpus.generate(kind, 60))


@pytest.mark.parametrize("kind", corpus.SEEDS)
def test_malformed_files_are_refused_in_words(kind, tmp_path):
    cases = []
    for number, (name, content) in enumerate(corpus.generate(kind, COUNT)):
        path = tmp_path / "cases" / str(number) / name
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        cases += [(reader, path) for reader in READERS[kind]]
    before = sandbox.tree(tmp_path)
    outcomes = sandbox.run(cases, tmp_path / "home")
    assert sandbox.complaints(outcomes) == []
    assert sandbox.tree(tmp_path) == before
    results = collections.Counter(outcome.result for outcome in outcomes)
    assert results["ok"] <= MOST_VALID[kind] * len(outcomes)
