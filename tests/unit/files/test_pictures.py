"""Pictures are read as viewers show them, or refused."""

import numpy as np
import pytest
from PIL import Image
from stored_pictures import COLOURS_CUT_OFF, LOSSY, TURNED, UNCLEAR, WAYS, WIDE, set_tag, turned

from ssinfnet.errors import InputError
from ssinfnet.files import folders
from ssinfnet.files.pictures import grey_values, list_by_stem, load, read_grey

SHOWN = np.add.outer(np.arange(16) * 9, np.arange(24) * 4).astype(np.uint8)
"""A slope, so that JPEG keeps it nearly; every turn of it differs."""


@pytest.mark.parametrize("way", WAYS)
def test_what_is_read_is_what_is_shown(tmp_path, way):
    np.testing.assert_array_equal(read_grey(WAYS[way](SHOWN, tmp_path)), SHOWN)


@pytest.mark.parametrize("way", LOSSY)
def test_jpeg_is_read_nearly(tmp_path, way):
    assert np.abs(read_grey(LOSSY[way](SHOWN, tmp_path)).astype(int) - SHOWN).max() < 12


@pytest.mark.parametrize("way", WIDE)
def test_more_than_8_bits_of_grey_are_kept_and_are_no_slice(tmp_path, way):
    path = WIDE[way](SHOWN, tmp_path)
    picture = load(path)
    assert picture.white == 65535
    np.testing.assert_array_equal(grey_values(picture), SHOWN.astype(np.uint16) * 257)
    with pytest.raises(InputError, match="16 bits a pixel; save each slice as a picture with 8 bits, windowed"):
        read_grey(path)


@pytest.mark.parametrize("way", COLOURS_CUT_OFF)
def test_colours_of_more_than_8_bits_are_refused(tmp_path, way):
    with pytest.raises(InputError, match=r"a\.(png|tif): 16 bits a channel; save each slice"):
        read_grey(COLOURS_CUT_OFF[way](SHOWN, tmp_path))


@pytest.mark.parametrize("way", UNCLEAR)
def test_what_nobody_can_tell_is_refused(tmp_path, way):
    with pytest.raises(InputError, match=r"a\.\w+: (transparent in places; save it without|pixels of kind)"):
        read_grey(UNCLEAR[way](SHOWN, tmp_path))


def test_a_wrong_orientation_tag_turns_nothing(tmp_path):
    exif = Image.Exif()
    exif[274] = 9
    Image.fromarray(SHOWN).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_grey(tmp_path / "a.png"), SHOWN)


def test_every_orientation_is_another_picture(tmp_path):
    """As Pillow's plain reading shows: without that the tests of orientation would hold of anything."""
    plain = [np.asarray(Image.open(turned("a.png", tag)(SHOWN, tmp_path))).tolist() for tag in TURNED]
    assert len({str(values) for values in plain}) == len(TURNED)


def test_a_channel_without_meaning_is_refused(tmp_path):
    picture = Image.fromarray(np.dstack([SHOWN] * 4))
    picture.save(tmp_path / "a.tif")
    set_tag(tmp_path / "a.tif", 338, 0)
    with pytest.raises(InputError, match="more channels than colours"):
        read_grey(tmp_path / "a.tif")


OTHERS = {
    "a.nii.gz": (b"\x1f\x8b", "it is a volume.; save each slice as a picture with 8 bits"),
    "a.npy": (b"\x93NUMPY\1\0", "it is a NumPy array.; save each slice as"),
    "a": (bytes(128) + b"DICM", "it is DICOM.; save each slice as"),
    "a.gif": (b"GIF89a", "it is a picture of another kind.; save it as PNG"),
    "a.webp": (b"RIFF\0\0\0\0WEBPVP8 ", "it is a picture of another kind.; save it as PNG"),
    "a.zip": (b"PK\3\4", "it is a zip archive.; unpack it"),
    "a.txt": (b"BMI of all patients", "; remove it"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_picture_is_named_with_what_to_do(tmp_path, name):
    content, message = OTHERS[name]
    (tmp_path / name).write_bytes(content)
    Image.fromarray(SHOWN).save(tmp_path / "b.png")
    defects = []
    assert list(list_by_stem(tmp_path, defects)) == ["b"]
    with pytest.raises(InputError, match=rf"{name}: not a JPEG, PNG, TIFF or BMP picture.*{message}"):
        raise InputError.from_defects(tmp_path, defects)


def test_what_systems_and_editors_leave_in_a_folder_is_passed_over(tmp_path):
    for name in ("desktop.ini", "Thumbs.db", ".DS_Store", "Icon\r", "b.png~"):
        (tmp_path / name).write_bytes(b"x")
    Image.fromarray(SHOWN).save(tmp_path / "b.png")
    defects = []
    assert list(list_by_stem(tmp_path, defects)) == ["b"] and not defects


def test_pictures_are_known_by_their_content(tmp_path):
    for name, format in {"1.bmp": "BMP", "2": "PNG", "3.jfif": "JPEG", "4.0007": "TIFF", "5.JPE": "JPEG"}.items():
        Image.fromarray(SHOWN).save(tmp_path / name, format)
    (tmp_path / "notes").write_text("BMI")
    Image.fromarray(SHOWN).save(tmp_path / ".hidden.png")
    found, _ = folders.part(tmp_path)
    assert [path.name for path in found] == ["1.bmp", "2", "3.jfif", "4.0007", "5.JPE"]
    assert [read_grey(path).shape for path in found] == [SHOWN.shape] * 5
