"""Files that are looked at before a parser gets them, and messages that can be printed."""

import os

import pytest

from ssinfnet.errors import InputError
from ssinfnet.files import untrusted


def test_content_within_the_limit(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    assert untrusted.read(tmp_path / "a", 5) == b"12345"
    with pytest.raises(InputError, match=r"a: cannot be read \(5 bytes are more than 4\)"):
        untrusted.read(tmp_path / "a", 4)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "a").chmod(0)
    with pytest.raises(InputError, match=r"a: cannot be read \(Permission denied\)"):
        untrusted.check(tmp_path / "a")


def test_a_name_with_nul():
    with pytest.raises(InputError, match="cannot be read"):
        untrusted.check("a\0b")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (bytes(128) + b"DICM", "DICOM"),
        (b"\x08\x00\x05\x00rest", "DICOM"),
        (bytes(344) + b"n+1\0", "NIfTI"),
        (b"\n <!DOCTYPE html>", "a web page"),
        (b"\x89PNG\r\n", "a picture"),
        (b"", None),
        (b"id,group\n", None),
    ],
)
def test_formats_are_told_by_their_first_bytes(head, expected):
    assert untrusted.recognise(head) == expected


def test_a_message_has_no_line_breaks_but_those_of_its_list():
    error = InputError.from_defects("x", ["a\nb: \x1b[2J", os.fsdecode(b"\xff.png"), "é: fine"])
    assert str(error) == "3 defects in x:\n  - a\\nb: \\x1b[2J\n  - \\udcff.png\n  - é: fine"
