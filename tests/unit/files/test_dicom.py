"""DICOM files: stored values by every decoder, and refusals in words that quote nothing of a file."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.pixels import pixel_array

from ssinfnet.errors import InputError
from ssinfnet.files import codestream, dicom

REAL = Path(__file__).parents[4] / "shared" / "data" / "dicom-slices"


def shipped(name):
    """A test file of pydicom's, which come with the package."""
    return Path(get_testdata_file(name, download=False))


@pytest.mark.parametrize(
    "name",
    [
        *("MR_small_RLE.dcm", "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm", "MR_small_bigendian.dcm"),
        *("MR_small_implicit.dcm", "MR_small_expb.dcm", "MR_small_padded.dcm"),
    ],
)
def test_one_picture_however_it_is_written(name):
    np.testing.assert_array_equal(dicom.read_pixels(shipped(name)), dicom.read_pixels(shipped("MR_small.dcm")))


@pytest.mark.parametrize(
    ("name", "range_"),
    [("CT_small.dcm", (128, 2191)), ("J2K_pixelrep_mismatch.dcm", (-2000, 1896)), ("693_J2KI.dcm", (-2971, 2836))],
)
def test_ct_files_of_pydicom(name, range_):
    values = dicom.read_pixels(shipped(name))
    assert values.shape[0] == 1 and (values.min(), values.max()) == range_


def test_decoders_agree():
    path = shipped("693_J2KI.dcm")
    one, other = (pixel_array(pydicom.dcmread(path), decoding_plugin=plugin) for plugin in ("gdcm", "pillow"))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("JPEG-lossy.dcm", "compressed as JPEG Extended"),
        ("JPEG2000-embedded-sequence-delimiter.dcm", "where the header says 256 x 1024"),
        ("image_dfl.dcm", "Deflated Explicit VR Little Endian"),
        ("MR_truncated.dcm", "fewer pixels"),
        ("SC_rgb_rle.dcm", "a picture in colours"),
        ("liver_1frame.dcm", "pixels of 1 bits"),
        ("rtplan.dcm", "holds no CT slice"),
        ("badVR.dcm", "holds no CT slice"),
    ],
)
def test_what_is_not_read(name, message):
    with pytest.raises(InputError, match=message) as error:
        dicom.read_pixels(shipped(name))
    assert (
        str(error.value).startswith(f"{shipped(name)}: ") and "\n" not in str(error.value) and "; " in str(error.value)
    )


def test_a_file_without_meta_information_is_read_as_its_header_is_written(tmp_path):
    dataset = pydicom.dcmread(shipped("CT_small.dcm"))
    expected = dataset.pixel_array
    del dataset.file_meta
    dataset.save_as(tmp_path / "a.dcm", implicit_vr=True, little_endian=True)
    np.testing.assert_array_equal(dicom.read_pixels(tmp_path / "a.dcm")[0], expected)


def test_the_header_holds_nothing_of_the_patient():
    header = dicom.read_header(shipped("CT_small.dcm"))
    assert "PatientID" in pydicom.dcmread(shipped("CT_small.dcm"))
    assert "Rows" in header and not {one.keyword for one in header} - {*dicom.TAGS, "SpecificCharacterSet"}
    assert not [
        tag for tag in dicom.TAGS if "Patient" in tag and tag not in ("ImagePositionPatient", "ImageOrientationPatient")
    ]


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        dicom.read_header(tmp_path / "a.dcm")


@pytest.mark.parametrize("name", ["MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm", "SC_rgb_jpeg_gdcm.dcm"])
def test_streams_say_their_size(name):
    dataset = pydicom.dcmread(shipped(name))
    (frame, *_) = pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=1)
    assert codestream.size(frame) == (dataset.Rows, dataset.Columns)
    for length in range(30):
        assert codestream.size(frame[:length]) in (None, (dataset.Rows, dataset.Columns))


@pytest.mark.skipif(not REAL.is_dir(), reason=f"{REAL} is not there")
def test_real_slices():
    for path in sorted(REAL.glob("*.dcm")):
        values = dicom.read_pixels(path)
        assert values.shape == (1, 512, 512) and values.min() == -2048 and 1000 < values.max() < 3072
