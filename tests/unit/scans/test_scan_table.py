import os
from pathlib import Path

import pytest

from ssinfnet.errors import InputError
from ssinfnet.scans import scan_table
from ssinfnet.scans.scan_table import Row


def make(folder: Path, text: str) -> Path:
    for name in ("a.nii", "b.nii", "lobes.nii"):
        (folder / name).write_bytes(b"x")
    path = folder / "scans.csv"
    path.write_text(text)
    return path


def test_rows_have_what_the_table_has(tmp_path):
    path = make(tmp_path, f"Name;scan;LOBES;remark\nfirst;a.nii;lobes.nii;-\n;{tmp_path}/b.nii;;\n")
    assert scan_table.read(path) == [
        Row(2, tmp_path / "a.nii", "first", tmp_path / "lobes.nii"),
        Row(3, tmp_path / "b.nii"),
    ]


def test_paths_alone_are_enough(tmp_path):
    assert [row.name for row in scan_table.read(make(tmp_path, "scan\na.nii\nb.nii\n"))] == [None, None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scan\n", "has no row"),
        ("scan,name\n,x\n", "row 2: no scan"),
        ("scan\nc.nii\n", "row 2: {folder}/c.nii is not there"),
        ("scan,lobes\na.nii,c.nii\n", "row 2: {folder}/c.nii is not there"),
        ("scan,name\na.nii,p/1\n", "'p/1' is no name of a folder; 'p_1' would be"),
        ("scan,name\na.nii,p\nb.nii,P\n", "row 3: P is the name of row 2 too"),
        ("scan,name,name\na.nii,p,q\n", "has the column 'name' twice"),
        ("path\na.nii\n", "no column 'scan'"),
    ],
)
def test_a_defect_says_its_row(tmp_path, text, message):
    with pytest.raises(InputError) as error:
        scan_table.read(make(tmp_path, text))
    assert message.format(folder=tmp_path) in str(error.value)


def test_a_stamp_changes_with_a_file_behind_a_row(tmp_path):
    folder = tmp_path / "series"
    folder.mkdir()
    (folder / "1").write_bytes(b"x")
    rows = scan_table.read(make(tmp_path, "scan\na.nii\nseries\n"))
    first = scan_table.stamp(rows)
    assert scan_table.stamp(rows) == first
    os.utime(folder / "1", (1, 1))
    second = scan_table.stamp(rows)
    (folder / "2").write_bytes(b"x")
    assert len({first, second, scan_table.stamp(rows), scan_table.stamp(rows[:1])}) == 4


def test_an_earlier_scan_goes_with_its_result(tmp_path):
    for name in ("new", "old", "result"):
        (tmp_path / name).mkdir()
    table = tmp_path / "scans.csv"
    table.write_text("scan,compare,earlier_scan\nnew,result,old\n")
    (row,) = scan_table.read(table)
    assert (row.compare, row.earlier_scan) == (tmp_path / "result", tmp_path / "old")
    table.write_text("scan,earlier_scan\nnew,old\n")
    with pytest.raises(InputError, match=r"row 2: earlier_scan is the scan of the results in compare; give both"):
        scan_table.read(table)
