import json
import os

import pytest

from ssinfnet.errors import InputError
from ssinfnet.files.folder_content import describe

LONG_AGO = 1_000_000_000


@pytest.fixture
def folder(tmp_path):
    """Pictures of which some lie behind links: a file, and a folder."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("a.png", "{ct}.png", "linked.png"):
        (elsewhere / name).write_text(name)
    folder = tmp_path / "data {x}"
    (folder / "one").mkdir(parents=True)
    (folder / "one" / "b.png").write_text("b")
    (folder / "file.png").symlink_to(elsewhere / "linked.png")
    (folder / "images").symlink_to(elsewhere)
    return folder


@pytest.fixture
def content(folder, tmp_path):
    return lambda: describe(folder, tmp_path / "cache.json", leave_out=[folder / "out"])


NOTHING = {
    "hidden file": lambda folder: (folder / ".DS_Store").touch(),
    "hidden twin of a Mac": lambda folder: (folder / "images" / "._a.png").touch(),
    "hidden folder": lambda folder: ((folder / ".git").mkdir(), (folder / ".git" / "a.png").touch()),
    "thumbnails": lambda folder: (folder / "one" / "Thumbs.db").touch(),
    "settings": lambda folder: (folder / "one" / "desktop.ini").touch(),
    "folder of an archive": lambda folder: ((folder / "__MACOSX").mkdir(), (folder / "__MACOSX" / "a.png").touch()),
    "open table": lambda folder: (folder / "~$groups.xlsx").touch(),
    "document": lambda folder: (folder / "README.md").touch(),
    "config": lambda folder: (folder / "config.yaml").touch(),
    "results": lambda folder: ((folder / "out").mkdir(), (folder / "out" / "a.png").touch()),
    "broken link": lambda folder: (folder / "gone.png").symlink_to("nowhere"),
    "ring of links": lambda folder: (folder / "one" / "ring").symlink_to(folder),
    "touched": lambda folder: os.utime(folder / "one" / "b.png"),
    "touched behind a link": lambda folder: os.utime(folder / "images" / "a.png"),
    "written anew": lambda folder: (folder / "one" / "b.png").write_text("b"),
    "empty folder": lambda folder: (folder / "empty").mkdir(),
}
SOMETHING = {
    "changed": lambda folder: (folder / "one" / "b.png").write_text("c"),
    "changed behind a link": lambda folder: (folder / "file.png").write_text("Linked.png"),
    "changed in a linked folder": lambda folder: (folder / "images" / "{ct}.png").write_text("{CT}.png"),
    "added": lambda folder: (folder / "images" / "new.png").touch(),
    "added table": lambda folder: (folder / "Groups.xlsx").touch(),
    "added without suffix": lambda folder: (folder / "one" / "IM0001").touch(),
    "removed": lambda folder: (folder / "one" / "b.png").unlink(),
    "renamed": lambda folder: (folder / "one" / "b.png").rename(folder / "one" / "c.png"),
    "swapped": lambda folder: (
        (folder / "images" / "a.png").write_text("{ct}.png"),
        (folder / "images" / "{ct}.png").write_text("a.png"),
    ),
}


@pytest.mark.parametrize("change", NOTHING.values(), ids=NOTHING)
def test_what_is_not_read_changes_nothing(folder, content, change):
    before = content()
    change(folder)
    assert content() == before


@pytest.mark.parametrize("change", SOMETHING.values(), ids=SOMETHING)
def test_what_is_read_counts(folder, content, change):
    before = content()
    change(folder)
    assert content() != before


def test_a_file_is_read_again_only_if_it_may_have_changed(folder, tmp_path, monkeypatch):
    cache = tmp_path / "cache.json"
    monkeypatch.setattr("ssinfnet.files.folder_content._SETTLED", -60)
    before = describe(folder, cache)
    known = json.loads(cache.read_text())
    assert set(known) == {"one/b.png", "file.png", "images/a.png", "images/{ct}.png", "images/linked.png"}
    read = []
    monkeypatch.setattr("ssinfnet.files.folder_content.file_hash", lambda path: read.append(path.name) or "0" * 64)
    assert describe(folder, cache) == before and read == []
    (folder / "one" / "b.png").write_text("c")
    assert describe(folder, cache, keep=False) != before and read == ["b.png"]
    assert json.loads(cache.read_text()) == known


def test_a_change_within_the_same_instant_is_seen(folder, content):
    """A file system may give two changes in a row the same time, so a fresh file is not taken from the cache."""
    path = folder / "one" / "b.png"
    content()
    state = path.stat()
    before = content()
    path.write_text("c")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert content() != before


@pytest.mark.parametrize("broken", ["", "[]", "{", '{"one/b.png": [1]}', '{"one/b.png": 1}'])
def test_a_broken_cache_is_made_anew(folder, tmp_path, broken):
    cache = tmp_path / "cache.json"
    before = describe(folder, tmp_path / "other.json")
    cache.write_text(broken)
    assert describe(folder, cache) == before


def test_names_that_are_no_text_are_read(folder, content):
    before = content()
    (folder / os.fsdecode(b"caf\xe9.png")).touch()
    assert content() != before


@pytest.mark.parametrize(("name", "message"), [("nowhere", "does not exist"), ("empty", "is empty")])
def test_a_folder_without_files_is_one_line(tmp_path, name, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".DS_Store").touch()
    with pytest.raises(InputError, match=message):
        describe(tmp_path / name, tmp_path / "cache.json")


def test_a_ring_of_links_to_files_is_one_line(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.png").symlink_to("a.png")
    with pytest.raises(InputError, match=r"a\.png: cannot be read"):
        describe(tmp_path / "data", tmp_path / "cache.json")
