"""Files made to do harm, each of which is refused for the reason that it should be."""

import re
import subprocess
import sys

import numpy as np
import pytest
import sandbox
from crafted import CONTENT
from crafted_files import CASES

from ssinfnet.errors import InputError
from ssinfnet.slices import store as slices
from ssinfnet.slices.store import SliceStore


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """What became of each case, by name. Nothing beside what the readers may write has changed."""
    root = tmp_path_factory.mktemp("hostile")
    given = []
    for number, case in enumerate(CASES.values()):
        folder = root / "cases" / str(number)
        folder.mkdir(parents=True)
        given.append((case.reader, case.make(folder)))
    before = sandbox.tree(root)
    found = sandbox.run(given, root / "home")
    assert sandbox.tree(root) == before
    return dict(zip(CASES, found, strict=True))


@pytest.mark.parametrize("name", CASES)
def test_crafted(outcomes, name):
    outcome = outcomes[name]
    assert sandbox.complaints([outcome]) == []
    if CASES[name].message is None:
        assert outcome.result == "ok", outcome.message
    else:
        assert outcome.result == "refused"
        assert re.search(CASES[name].message, outcome.message), outcome.message


def test_a_map_of_nan_is_refused(tmp_path):
    with slices.create_store(tmp_path / "a.h5") as writer:
        writer.add("s1", group="g", origin="m", infection=np.full((8, 8), np.nan, np.float16))
    with SliceStore(tmp_path / "a.h5") as store, pytest.raises(InputError, match="infection of slice s1 holds NaN"):
        store.read("infection", "s1")


@pytest.mark.parametrize("name", ["zip slip", "huge PNG", "pickle as weights", "sheet of gigabytes (workbook)"])
def test_a_command_ends_with_one_line_and_status_1(tmp_path, name):
    """The ends of the chain: a process, its exit status, and all that it prints."""
    path = CASES[name].make(tmp_path)
    script = {
        "zip": f"prepare_medseg.py --raw-dir {tmp_path} --out {tmp_path}/out.h5",
        "mask": f"prepare_unlabelled.py --folder {tmp_path} --out {tmp_path}/out.h5",
        "weights": f"import_infnet.py --checkpoint {path} --out {tmp_path}/out.safetensors",
        "table": f"prepare_patients.py --folder {tmp_path}/ct --table {path} --out {tmp_path}/o.h5 --patients o.csv",
    }[CASES[name].reader]
    if CASES[name].reader == "zip":
        path.rename(tmp_path / "rp_im.zip")
    if CASES[name].reader == "table":
        (tmp_path / "ct/1").mkdir(parents=True)
        (tmp_path / "ct/1/1.jpg").write_bytes(CONTENT["grey.jpg"])
    command = [sys.executable, *f"{sandbox.ROOT}/workflow_scripts/{script}".split()]
    result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 1
    errors = [line for line in result.stderr.splitlines() if line and "slice/s" not in line]
    assert errors[0].startswith("error: ") and all(line.startswith("  - ") for line in errors[1:])
    assert not list(tmp_path.glob("out*")) and not (tmp_path / "evil").exists()
