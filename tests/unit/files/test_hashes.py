import pytest

from ssinfnet.files.hashes import path_hash, shown_files


@pytest.mark.parametrize("dot", ["", "./"])
def test_files_of_a_folder_are_found_through_links(tmp_path, monkeypatch, dot):
    (tmp_path / "elsewhere/deep").mkdir(parents=True)
    (tmp_path / "elsewhere/deep/a.png").write_text("a")
    (tmp_path / "data/.git").mkdir(parents=True)
    (tmp_path / "data/.git/config").touch()
    (tmp_path / "data/.lock").touch()
    (tmp_path / "data/images").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/back").symlink_to(tmp_path / "data")  # a ring
    (tmp_path / "data/gone").symlink_to("nowhere")
    monkeypatch.chdir(tmp_path)
    assert list(map(str, shown_files(f"{dot}data"))) == ["data/images/deep/a.png"]
    before = path_hash(tmp_path / "data")
    (tmp_path / "elsewhere/deep/a.png").write_text("b")
    assert path_hash(tmp_path / "data") != before
    monkeypatch.chdir(tmp_path / "elsewhere" / "deep")
    assert [str(path) for path in shown_files(".")] == ["a.png"]
