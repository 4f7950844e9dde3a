from dataclasses import replace

import pytest
import stored_scans

from ssinfnet.errors import InputError
from ssinfnet.scans import inputs, listed, listed_scores
from ssinfnet.scans.scan_table import Row

CHEST = stored_scans.chest()


class Recorder:
    """In place of networks: which scans of which files it was given."""

    def score(self, one, lobes, compare, earlier_scan):
        return {"name": one.name, "file": one.files[0].parent.name, "kind": one.read().source.kind}


@pytest.fixture
def rows(tmp_path):
    for name in ("a", "b", "many"):
        (tmp_path / name).mkdir()
    stored_scans.save_nifti(tmp_path / "a/ct.nii", CHEST)
    stored_scans.save_nifti(tmp_path / "b/ct.nii", CHEST)
    stored_scans.save_nifti(tmp_path / "many/ct.nii", CHEST)
    series = stored_scans.slices_of(CHEST)
    stored_scans.save(series, tmp_path / "many/series")
    stored_scans.save(series, tmp_path / "again")
    (tmp_path / "empty").mkdir()
    names = ("a/ct.nii", "many", "b", "empty", "again")
    return [Row(number, tmp_path / name) for number, name in enumerate(names, 2)]


def lists(folder, rows, shards):
    paths = [folder / f"{shard}.json" for shard in range(shards)]
    for shard, path in enumerate(paths):
        listed.write_list(path, rows, shard, shards)
    return listed.read_lists(paths, rows)


@pytest.mark.parametrize("shards", [1, 3, 7])
def test_scans_are_called_as_one_call_calls_them(tmp_path, rows, shards):
    found = lists(tmp_path, rows, shards)
    names = [one.name for one in found if isinstance(one, listed.Listed)]
    wanted = [one.name for one in inputs.find([row.scan for row in rows]) if isinstance(one, inputs.Found)]
    assert names == wanted and len(names) == 4
    assert [one.code for one in found if not isinstance(one, listed.Listed)] == ["no_scan"]


def test_each_scan_is_scored_once_from_its_own_files(tmp_path, rows):
    scans = [one for one in lists(tmp_path, rows, 2) if isinstance(one, listed.Listed)]
    results = [one for shard in (0, 1) for one in listed_scores.score(scans[shard::2], Recorder())]
    assert {one["name"]: one["file"] for one in results} == {
        **{"ct": "a", "ct-2": "many", "ct-3": "b", scans[1].name: "series"}
    }


def test_a_name_is_that_of_the_one_scan_or_before_those_of_several(tmp_path, rows):
    rows = [replace(rows[0], name="p17"), replace(rows[1], name="p18")]
    names = [one.name for one in lists(tmp_path, rows, 1)]
    assert names[0] == "p17" and set(names) >= {"p17", "p18_ct"} and names[1].startswith("p18_ct-")


def test_lobes_are_of_one_scan(tmp_path, rows):
    with pytest.raises(InputError, match=r"row 3: lobes and compare are of one scan, and .*many holds 2"):
        lists(tmp_path, [replace(rows[1], lobes=rows[0].scan)], 1)


def test_a_scan_that_has_gone_since_is_said(tmp_path, rows):
    scans = [one for one in lists(tmp_path, rows, 1) if isinstance(one, listed.Listed)]
    (tmp_path / "b/ct.nii").unlink()
    with pytest.raises(InputError, match="has changed since its scans were listed"):
        list(listed_scores.score(scans, Recorder()))


def test_a_row_without_a_list_is_said(tmp_path, rows):
    listed.write_list(tmp_path / "0.json", rows, 0, 2)
    with pytest.raises(InputError, match="no row 3"):
        listed.read_lists([tmp_path / "0.json"], rows)
