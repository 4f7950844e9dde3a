"""Where the time went."""

import pytest
from PIL import Image

import plot_times
from ssinfnet.errors import InputError
from ssinfnet.figures import job_times

HEADER = "s\th:m:s\tmax_rss\tmax_vms\n"


def benchmark(path, seconds, memory):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{HEADER}{seconds}\t0:00:01\t{memory}\t1.0\n")


def test_jobs_are_summed_by_rule(tmp_path):
    benchmark(tmp_path / "train/a-seed0.tsv", 10, 100)
    benchmark(tmp_path / "train/a-seed1.tsv", 30, 300)
    benchmark(tmp_path / "prepare.tsv", 50, "NA")
    table = job_times.read(tmp_path)
    assert table["rule"].tolist() == ["prepare", "train"]
    assert table["jobs"].tolist() == [1, 2]
    assert table["seconds"].tolist() == [50, 40]
    assert table["memory"][1] == 300
    plot_times.main(["--benchmarks", str(tmp_path), "--out", str(tmp_path / "times.png")])
    with Image.open(tmp_path / "times.png") as picture:
        assert picture.width > 500


def test_without_records_the_picture_says_so(tmp_path):
    plot_times.main(["--benchmarks", str(tmp_path / "none"), "--out", str(tmp_path / "times.png")])
    assert (tmp_path / "times.png").stat().st_size > 1000


@pytest.mark.parametrize("content", ["", "a\tb\n1\t2\n", b"\xff\xfe"])
def test_what_is_no_benchmark_is_named(tmp_path, content):
    (tmp_path / "x.tsv").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=r"x\.tsv: is not a benchmark"):
        job_times.read(tmp_path)
