"""Unpacking of archives that somebody else made."""

import stat
import zipfile

import pytest

from ssinfnet.errors import InputError
from ssinfnet.files import archives


def write_zip(path, entries):
    """A zip of (name or ZipInfo, content) pairs."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def test_content_is_unpacked_and_removed_afterwards(tmp_path):
    path = write_zip(tmp_path / "a.zip", [("rp_im/1.nii.gz", b"one"), ("__MACOSX/rp_im/._1", b"clutter")])
    with archives.unpacked(path) as folder:
        files = [item.relative_to(folder).as_posix() for item in folder.rglob("*") if item.is_file()]
        assert files == ["rp_im/1.nii.gz"]
        assert (folder / "rp_im/1.nii.gz").read_bytes() == b"one"
    assert not folder.exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("/etc/passwd", "outside of the folder"),
        ("../evil.txt", "outside of the folder"),
        ("a/../../evil.txt", "outside of the folder"),
        ("a\\..\\evil.txt", "outside of the folder"),
        ("C:/evil.txt", "outside of the folder"),
        (link("shortcut"), "link or a special file"),
    ],
)
def test_hostile_name_is_refused_before_anything_is_written(tmp_path, name, message):
    path = write_zip(tmp_path / "a.zip", [("good.txt", b"good"), (name, b"/etc/passwd")])
    with pytest.raises(InputError, match=message) as error, archives.unpacked(path):
        pytest.fail("unpacked")
    assert str(path) in str(error.value) and "\n" not in str(error.value)
    assert [item.name for item in tmp_path.iterdir()] == ["a.zip"]


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"max_files": 2}, "holds 3 files, more than 2"),
        ({"max_bytes": 100}, "bytes, more than 100"),
        ({"max_ratio": 50}, "times its size, more than 50"),
    ],
)
def test_caps(tmp_path, limits, message):
    path = write_zip(tmp_path / "a.zip", [("a", bytes(100_000)), ("b", b"b"), ("c", b"c")])
    with pytest.raises(InputError, match=message), archives.unpacked(path, **limits):
        pytest.fail("unpacked")
    with archives.unpacked(path) as folder:
        assert (folder / "a").stat().st_size == 100_000


def test_size_stated_too_small_does_not_unpack_more(tmp_path):
    path = write_zip(tmp_path / "a.zip", [("a", bytes(100_000))])
    content = path.read_bytes()
    start = content.index(b"PK\x01\x02")
    path.write_bytes(content[: start + 24] + (10).to_bytes(4, "little") + content[start + 28 :])
    with pytest.raises(InputError, match="cannot be unpacked"), archives.unpacked(path):
        pytest.fail("unpacked")


def test_all_defects_are_listed(tmp_path):
    path = write_zip(tmp_path / "a.zip", [("../x", b"x"), ("/y", b"y")])
    with pytest.raises(InputError) as error, archives.unpacked(path):
        pytest.fail("unpacked")
    assert "../x" in str(error.value) and "/y" in str(error.value)


def test_damage_is_found(tmp_path):
    path = write_zip(tmp_path / "a.zip", [("a", bytes(range(256)) * 40)])
    archives.check(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + bytes([whole[100] ^ 4]) + whole[101:])
    with pytest.raises(InputError, match="damaged"):
        archives.check(path)
    with pytest.raises(InputError, match="cannot be unpacked"), archives.unpacked(path):
        pytest.fail("unpacked")


@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html><html>", b"PK\x03\x04 cut off"])
def test_what_is_no_zip(tmp_path, content):
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a whole zip archive"):
        archives.check(path)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        archives.check(tmp_path / "none.zip")
