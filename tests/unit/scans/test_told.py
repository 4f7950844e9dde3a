import pytest

from ssinfnet.scans import told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/home/of Doe, Jo (old)/b c/x.nii: is broken; see docs/scans.md", "x.nii: is broken; see docs/scans.md"),
        ("C:\\Users\\Jo Doe\\x.nii: is broken", "x.nii: is broken"),
        ("D:/of Jo/x y.nii: is broken", "x y.nii: is broken"),
        ("\\\\server\\of Jo\\x.nii: is broken", "x.nii: is broken"),
        ("it says '/home/Jo/x.nii' twice: /home/Jo/y.nii", "it says 'x.nii' twice: y.nii"),
        ("5 mm/s, 1 / 3 or a / b; see docs/scans.md", "5 mm/s, 1 / 3 or a / b; see docs/scans.md"),
        ("see https://example.org/a/b.html", "see https://example.org/a/b.html"),
        ("/x.nii: lies in the root", "/x.nii: lies in the root"),
    ],
)
def test_folders_go_and_words_stay(text, expected):
    assert told.without_folders(text) == expected


def test_folders_of_known_paths_go_where_they_are_relative_too():
    known = ["of Jo/scans", "of Jo/scans/a\nb", "lobes of Jo/mask.nii"]
    text = "of Jo/scans/Doe, Jo/x.nii: is bad\n  - of Jo/scans/y.nii: is too; not docs/scans.md"
    assert told.without_folders(text, known) == "x.nii: is bad\n  - y.nii: is too; not docs/scans.md"
    assert told.without_folders("lobes of Jo/mask.nii: is bad", known) == "mask.nii: is bad"
    assert told.without_folders("of Jo/scans/a\\nb: is bad", known) == "a\\nb: is bad"


def test_folders_of_files_that_are_there_go_without_being_known(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "of Jo").mkdir()
    (tmp_path / "of Jo/x.nii").touch()
    assert told.without_folders("of Jo/x.nii: is bad; see docs/scans.md", ["."]) == "x.nii: is bad; see docs/scans.md"
    listed = "2 defects in of Jo:\n  - of Jo/x.nii: a"
    assert told.without_folders(listed, ["of Jo"]) == "2 defects in of Jo:\n  - x.nii: a"
