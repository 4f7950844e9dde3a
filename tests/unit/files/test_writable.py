import os

import pytest

from ssinfnet.errors import InputError
from ssinfnet.files.writable import require_writable


def test_a_folder_that_can_be_made_is_fine_and_not_made(tmp_path):
    require_writable(tmp_path / "a/b/c", "results_dir")
    assert not list(tmp_path.iterdir())


def test_a_file_on_the_way_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"^config: results_dir: .*file is no folder"):
        require_writable(tmp_path / "file/results", "results_dir")


def test_a_folder_without_permission_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(InputError, match="nothing may be written in"):
        require_writable(tmp_path / "results", "results_dir")
