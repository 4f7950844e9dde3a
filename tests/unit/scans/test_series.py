"""DICOM files told apart, read, and refused, each with a coded reason that quotes nothing of a header."""

import shutil
import zipfile

import highdicom
import numpy as np
import pytest
from pydicom import config, dcmread
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    JPEG2000MC,
    EnhancedXRayRadiationDoseSRStorage,
    JPEGLSLossless,
    MRImageStorage,
    RLELossless,
    SecondaryCaptureImageStorage,
    XRayRadiationDoseSRStorage,
    generate_uid,
)
from stored_scans import SPACING, chest, hounsfield_of, save, slices_of, store

from ssinfnet.scans.inputs import Found, find
from ssinfnet.scans.volume import ScanError

CHEST = chest()


@pytest.fixture
def series():
    return slices_of(CHEST)


def parts(*paths, **options):
    found = list(find(paths, **options))
    return [one for one in found if isinstance(one, Found)], [one for one in found if not isinstance(one, Found)]


def only(path):
    (found,), _ = parts(path)
    return found.read()


def refused(path):
    (found,), _ = parts(path)
    with pytest.raises(ScanError) as error:
        found.read()
    assert error.value.outcome.level == "refused"
    return error.value.outcome


def codes(volume):
    return [note.code for note in volume.notes]


STORED = {
    "signed": {"signed": True, "intercept": 0},
    "signed, 13 bits": {"signed": True, "intercept": 0, "bits": 13},
    "unsigned, 12 bits": {"intercept": -1500, "bits": 12},
    "slope": {"slope": 0.5, "intercept": -1600},
    "negative": {"negative": True},
    "negative, 12 bits": {"negative": True, "bits": 12, "intercept": -1500},
    "negative, signed": {"negative": True, "signed": True, "intercept": 0},
}


@pytest.mark.parametrize("way", STORED.values(), ids=STORED)
def test_stored_values_become_hounsfield_units(tmp_path, series, way):
    for one in series:
        store(one, hounsfield_of(one), **way)
    volume = only(save(series, tmp_path / "a"))
    np.testing.assert_array_equal(volume.values, CHEST)
    assert codes(volume) == (["negative"] if "negative" in way else [])


def test_monochrome1_by_the_standard_changes_no_value(tmp_path, series):
    for one in series:
        one.PhotometricInterpretation = "MONOCHROME1"
    volume = only(save(series, tmp_path / "a"))
    np.testing.assert_array_equal(volume.values, CHEST)
    assert codes(volume) == []


def test_padding_that_no_scanner_measures_becomes_air(tmp_path, series):
    for one in series:
        values = hounsfield_of(one)
        values[:5] = 0xFFF0 - 2048
        store(one, values)
        one.PixelPaddingValue = 0xFFF0
    volume = only(save(series, tmp_path / "a"))
    assert (volume.values[:, :5] == -1000).all()
    np.testing.assert_array_equal(volume.values[:, 5:], CHEST[:, 5:])


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless], ids=lambda one: one.name)
def test_compressed_without_loss(tmp_path, series, syntax):
    for one in series:
        one.compress(syntax, generate_instance_uid=False)
    np.testing.assert_array_equal(only(save(series, tmp_path / "a")).values, CHEST)


def test_what_cannot_be_decoded_is_refused_by_name(tmp_path, series):
    for one in series:
        one.compress(RLELossless, generate_instance_uid=False)
        one.file_meta.TransferSyntaxUID = JPEG2000MC
    found, left = parts(save(series, tmp_path / "a"))
    assert not found and [one.outcome.code for one in left] == ["unreadable_file"]
    assert left[0].outcome.level == "refused" and JPEG2000MC.name in left[0].outcome.text


def test_damaged_pixels_name_the_compression_and_the_file(tmp_path, series):
    series[3].compress(JPEGLSLossless, generate_instance_uid=False)
    series[3].PixelData = series[3].PixelData[:90] + bytes(len(series[3].PixelData) - 90)
    (found,), _ = parts(save(series, tmp_path / "a"))
    with pytest.raises(ScanError, match="JPEG-LS Lossless") as error:
        found.read()
    assert str(error.value).startswith(str(tmp_path)) and str(tmp_path) not in error.value.outcome.text


def test_a_stream_that_asks_for_more_than_its_header_is_not_decoded(tmp_path, series):
    for one in series:
        one.compress(JPEGLSLossless, generate_instance_uid=False)
        start = one.PixelData.index(b"\xff\xf7")
        one.PixelData = one.PixelData[: start + 5] + b"\xff\xff\xff\xff" + one.PixelData[start + 9 :]
    assert "compressed with 65535 x 65535 pixels" in refused(save(series, tmp_path / "a")).text


def test_enhanced_file_in_the_order_of_its_frames(tmp_path, series):
    shuffled = [series[k] for k in np.random.default_rng(1).permutation(len(series))]
    for one in shuffled:
        one.Manufacturer, one.PatientPosition, one.SeriesNumber = "", "HFS", 2
    made = highdicom.legacy.LegacyConvertedEnhancedCTImage(shuffled, generate_uid(), 3, generate_uid(), 1)
    frames = [made.pixel_array[k].astype(int) - 2048 for k in range(len(series))]
    assert any((one != other).any() for one, other in zip(frames, CHEST[::-1], strict=True))
    volume = only(save([made], tmp_path / "a"))
    np.testing.assert_array_equal(volume.values, CHEST)
    np.testing.assert_allclose(volume.spacing, SPACING)
    np.testing.assert_array_equal(volume.grid.restore(volume.values), frames)
    assert volume.source.files == (tmp_path / "a" / "IM0000",)


def change(tag, value):
    return lambda one: setattr(one, tag, value)


OTHERS = {
    "localiser": change("ImageType", ["ORIGINAL", "PRIMARY", "LOCALIZER"]),
    "derived_series": change("ImageType", ["DERIVED", "SECONDARY", "AXIAL", "CT_SOM5 MPR"]),
    "secondary_capture": change("SOPClassUID", SecondaryCaptureImageStorage),
    "other_modality": lambda one: (change("SOPClassUID", MRImageStorage)(one), change("Modality", "MR")(one)),
    "dose_report": change("SOPClassUID", XRayRadiationDoseSRStorage),
    "dose_report ": change("SOPClassUID", EnhancedXRayRadiationDoseSRStorage),
    "report": change("Modality", "SR"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_no_scan_is_skipped_with_its_reason(tmp_path, series, kind):
    other = slices_of(CHEST[:2])
    for one in other:
        OTHERS[kind](one)
    save(series, tmp_path / "in" / "a")
    save(other, tmp_path / "in" / "b")
    (found,), (left,) = parts(tmp_path / "in")
    np.testing.assert_array_equal(found.read().values, CHEST)
    assert (left.outcome.code, left.outcome.level) == (kind.strip(), "skipped")
    assert left.outcome.text.startswith("2 files: ")
    _, (left, nothing) = parts(tmp_path / "in" / "b")
    assert nothing.outcome.code == "no_scan" and nothing.outcome.level == "refused"


def test_a_derived_series_is_read_on_demand_and_primary_ones_always(tmp_path, series):
    for one in series:
        one.ImageType = ["DERIVED", "SECONDARY", "REFORMATTED", "AVERAGE"]
    path = save(series, tmp_path / "a")
    assert parts(path)[0] == [] and len(parts(path, keep_derived=True)[0]) == 1
    for one in series:
        one.ImageType = ["DERIVED", "PRIMARY", "AXIAL"]
    assert len(parts(save(series, tmp_path / "b"))[0]) == 1


def test_a_localiser_within_a_series_is_left_out(tmp_path, series):
    (localiser,) = slices_of(CHEST[:1], series=series[0].SeriesInstanceUID)
    OTHERS["localiser"](localiser)
    np.testing.assert_array_equal(only(save([*series, localiser], tmp_path / "a")).values, CHEST)


def test_series_in_one_folder_are_told_apart_and_names_are_stable(tmp_path, series):
    other = slices_of(CHEST[::2], spacing=(10.0, 1.25, 0.75))
    found, left = parts(save([*series, *other], tmp_path / "a"))
    assert sorted(one.slices for one in found) == [5, 9] and left == []
    assert {one.name for one in found} == {one.name for one in parts(save([*other, *series], tmp_path / "b", 8))[0]}


def test_acquisitions_at_one_place_are_told_apart_and_phases_refused(tmp_path, series):
    other = slices_of(CHEST + 1, series=series[0].SeriesInstanceUID)
    assert refused(save([*series, *other], tmp_path / "phases")).code == "doubled_slices"
    for one in other:
        one.AcquisitionNumber = 2
    found, _ = parts(save([*series, *other], tmp_path / "acquisitions"))
    assert [one.slices for one in found] == [9, 9] and found[1].name == f"{found[0].name}-2"
    assert {int(one.read().values[0, 0, 0]) - int(CHEST[0, 0, 0]) for one in found} == {0, 1}


def test_copies_count_once(tmp_path, series):
    path = save(series, tmp_path / "a")
    shutil.copy(path / "IM0003", path / "copy")
    volume = only(path)
    np.testing.assert_array_equal(volume.values, CHEST)
    assert codes(volume) == ["copied_files"]
    again = dcmread(path / "IM0003")
    again.SOPInstanceUID = again.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    again.save_as(path / "copy")
    volume = only(path)
    np.testing.assert_array_equal(volume.values, CHEST)
    assert codes(volume) == ["doubled_slices"]


def test_missing_slices(tmp_path):
    many = slices_of(np.repeat(CHEST, 3, axis=0))
    one_missing = only(save(many[:10] + many[11:], tmp_path / "one"))
    (note,) = one_missing.notes
    assert (note.code, note.level) == ("missing_slices", "note") and note.text.startswith(
        "1 slice is missing in 1 place"
    )
    assert one_missing.spacing[0] == SPACING[0] and "3.7 %" in note.text
    assert refused(save(many[:10] + many[12:], tmp_path / "two")).code == "missing_slices"
    assert refused(save(many[:5] + many[6:15] + many[16:], tmp_path / "holes")).code == "missing_slices"


def test_distances_that_vary(tmp_path, series):
    for one in series[5:]:
        one.ImagePositionPatient = [*one.ImagePositionPatient[:2], float(one.ImagePositionPatient[2]) - 2]
    assert refused(save(series, tmp_path / "a")).code == "varying_spacing"
    rounded = slices_of(CHEST, spacing=(0.625, 1.25, 0.75))
    for one in rounded:
        one.ImagePositionPatient = [round(float(value), 1) for value in one.ImagePositionPatient]
    assert codes(only(save(rounded, tmp_path / "b"))) == []


def test_slices_off_their_line(tmp_path, series):
    series[4].ImagePositionPatient = [25.0, *series[4].ImagePositionPatient[1:]]
    outcome = refused(save(series, tmp_path / "a"))
    assert outcome.code == "varying_spacing" and "25.0 mm" in outcome.text


@pytest.mark.parametrize("part", ["HEAD", "HEAD NECK", "BRAIN"])
def test_no_chest_by_the_header(tmp_path, series, part):
    for one in series:
        one.BodyPartExamined = part
    assert refused(save(series, tmp_path / "a")).code == "not_chest"


@pytest.mark.parametrize("part", ["CHEST", "HEAD CHEST ABDOMEN", "ABDOMEN", "", "CANARY", "WHOLE LEG BODY CHEST"])
def test_a_body_part_that_may_hold_lungs(tmp_path, series, part):
    for one in series:
        one.BodyPartExamined = part
    assert codes(only(save(series, tmp_path / "a"))) == []


def test_values_that_are_no_hounsfield_units(tmp_path, series):
    for one in series:
        del one.RescaleIntercept, one.RescaleSlope
    outcome = refused(save(series, tmp_path / "a"))
    assert outcome.code == "not_hounsfield" and "rescale" in outcome.text


@pytest.mark.parametrize("tag", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"])
def test_a_file_that_does_not_say_where_it_lies(tmp_path, series, tag):
    for one in series:
        del one[tag]
    found, left = parts(save(series, tmp_path / "a"))
    assert not found and left[0].outcome.code == "unreadable_file" and "9 files" in left[0].outcome.text


def test_one_slice_of_unknown_thickness_has_no_spacing(tmp_path, series):
    del series[4].SliceThickness
    volume = only(save(series[4:5], tmp_path / "a"))
    assert volume.spacing is None and codes(volume) == ["few_slices", "no_thickness"]


def test_a_zip_of_any_depth(tmp_path, series):
    folder = save(series, tmp_path / "in" / "deep" / "er")
    with zipfile.ZipFile(tmp_path / "study.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, path.relative_to(tmp_path / "in"))
    for one in find([tmp_path / "study.zip"]):
        volume = one.read()
        assert volume.source.path == tmp_path / "study.zip" and all(path.exists() for path in volume.source.files)
    np.testing.assert_array_equal(volume.values, CHEST)
    assert not any(path.exists() for path in volume.source.files)
    assert volume.name == only(folder).name


CANARY = "CANARY"


def spoil(dataset, depth=0):
    """Put a canary into every tag of text, into private ones, and into nested sequences."""
    for keyword in (
        *("PatientName", "PatientID", "AccessionNumber", "StudyDescription", "SeriesDescription", "ImageComments"),
        *("ProtocolName", "InstitutionName", "ReferringPhysicianName", "BodyPartExamined", "Modality"),
        *("StudyID", "PatientPosition", "OperatorsName", "AcquisitionNumber", "SeriesNumber", "PatientBirthDate"),
        *("DerivationDescription", "ImageType", "PhotometricInterpretation" if depth else "RescaleType"),
    ):
        dataset.add_new(keyword, "LO" if dictionary_VR(keyword) in ("IS", "DA") else dictionary_VR(keyword), CANARY)
    block = dataset.private_block(0x0011, CANARY, create=True)
    block.add_new(1, "LO", CANARY)
    if depth < 2:
        nested = Dataset()
        spoil(nested, depth + 1)
        dataset.RequestAttributesSequence = Sequence([nested])


@pytest.mark.parametrize("kind", ["scored", "refused", "skipped", "damaged"])
def test_nothing_of_the_patient_gets_out(tmp_path, series, kind, capfd, recwarn, caplog):
    with config.disable_value_validation():
        for one in series:
            spoil(one)
            if kind == "refused":
                del one.RescaleIntercept
            elif kind == "skipped":
                one.SOPClassUID = CANARY
            elif kind == "damaged":
                one.Rows = 5000
                one.add_new("ImagePositionPatient", "LO", [CANARY] * 3)
        save(series, tmp_path / "a")
    recwarn.clear()
    caplog.clear()
    found, left = parts(tmp_path / "a")
    said = [one.name for one in found] + [one.outcome.text + one.outcome.code for one in left]
    for one in found:
        try:
            volume = one.read()
            said += [repr(volume.notes), volume.name, repr(volume.source), repr(volume.grid)]
        except ScanError as error:
            said += [str(error), repr(error.outcome)]
    said += [*capfd.readouterr(), *(str(one.message) for one in recwarn), caplog.text]
    assert len(said) > 2 and not any(CANARY in text for text in said)
