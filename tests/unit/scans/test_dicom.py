import datetime
import shutil
import subprocess

import dicom_series
import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.sr.codedict import codes

from ssinfnet.errors import InputError
from ssinfnet.scans import dicom_codes, dicom_seg, dicom_sr, measures

SHAPE = (4, 16, 24)
MAKER = dicom_seg.Maker("ssinfnet_aug", "ab" * 32, "0.1.0")
CREATED = datetime.datetime(2026, 11, 26, 5, 0)
OPTIONS = {"maker": MAKER, "identity": "remove", "created": CREATED}


def masks():
    """In the order of the files of `dicom_series`: the last file is nearest the head."""
    lungs, infection, classes = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, bool), np.zeros(SHAPE, np.uint8)
    lungs[:, 2:12, 2:10], lungs[1:, 2:12, 14:20] = 1, 2
    infection[2:, 4:8, 3:9] = True
    infection[3, 5:9, 15:18] = True
    infection[0, 0, 0] = True  # outside of the lungs
    classes[2, 4:6, 3:9], classes[3, 5:9, 15:18] = 1, 2
    return lungs, infection, classes


def of(series, arrays, **options):
    return dicom_seg.build(series, *arrays, **{**OPTIONS, **options})


def measured(arrays):
    # From head to feet, as a volume is shown.
    return measures.measure(*(array[::-1] for array in arrays), spacing=(2.0, 0.5, 0.75), least=0.01)


def read_back(path, series):
    """Each segment as (files, rows, columns) in the order of `series`, by its number."""
    found = hd.seg.segread(path)
    uids = [dataset.SOPInstanceUID for dataset in series]
    return found.get_pixels_by_source_instance(uids, assert_missing_frames_are_empty=True)


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 1, 0, 2]])
def test_masks_come_back_on_their_slices(tmp_path, order):
    series, arrays = dicom_series.series(SHAPE), masks()
    written = of([series[place] for place in order], [array[order] for array in arrays])
    dicom_seg.save(written, tmp_path / "seg.dcm")
    lungs, infection, classes = arrays
    found = read_back(tmp_path / "seg.dcm", series)
    inside = lungs > 0
    for number, mask in enumerate((lungs == 1, lungs == 2, infection & inside, classes == 1, classes == 2)):
        np.testing.assert_array_equal(found[..., number], mask, err_msg=dicom_codes.SEGMENTS[number].label)
    assert pydicom.dcmread(tmp_path / "seg.dcm").SegmentsOverlap == "YES"


def test_a_segment_lies_where_its_slices_lie(tmp_path):
    series = dicom_series.series(SHAPE)
    dicom_seg.save(of(series, masks()), tmp_path / "seg.dcm")
    volume = hd.seg.segread(tmp_path / "seg.dcm").get_volume(segment_numbers=[1])
    source = hd.get_volume_from_series(series)
    np.testing.assert_allclose(volume.spacing, (2.0, 0.5, 0.75))
    np.testing.assert_allclose(source.match_geometry(volume).affine, volume.affine)


def test_segments_are_coded(tmp_path):
    dicom_seg.save(of(dicom_series.series(SHAPE), masks()), tmp_path / "seg.dcm")
    found = pydicom.dcmread(tmp_path / "seg.dcm").SegmentSequence
    kinds = [item.SegmentedPropertyTypeCodeSequence[0] for item in found]
    assert [(kind.CodeValue, kind.CodingSchemeDesignator) for kind in kinds] == [
        ("39607008", "SCT"),
        ("39607008", "SCT"),
        ("112001", "DCM"),
        ("112120", "DCM"),
        ("95436008", "SCT"),
    ]
    sides = [kind.SegmentedPropertyTypeModifierCodeSequence[0].CodeValue for kind in kinds[:2]]
    assert sides == ["24028007", "7771000"]
    categories = [item.SegmentedPropertyCategoryCodeSequence[0].CodeValue for item in found]
    assert categories == ["91723000"] * 2 + ["49755003"] * 3


def test_codes_are_those_of_pydicom_but_two():
    """As the documents say; a pydicom that learns the two makes this fail, and the page can be mended."""
    named = [value for value in vars(dicom_codes).values() if isinstance(value, type(codes.SCT.Lung))]
    assert len(named) >= 16
    unknown = {code.value for code in named if code.value not in _known(code.scheme_designator)}
    assert unknown == {"95436008", "ml"}


def _known(scheme):
    from pydicom.sr._concepts_dict import concepts

    return {value for found in concepts[scheme].values() for value in found}


def test_a_label_map_has_the_last_segment_of_each_voxel(tmp_path):
    series, arrays = dicom_series.series(SHAPE), masks()
    dicom_seg.save(of(series, arrays, kind="LABELMAP"), tmp_path / "seg.dcm")
    lungs, infection, classes = arrays
    expected = np.where(infection & (lungs > 0), 3, lungs)
    expected[classes > 0] = classes[classes > 0] + 3
    uids = [dataset.SOPInstanceUID for dataset in series]
    found = hd.seg.segread(tmp_path / "seg.dcm").get_pixels_by_source_instance(uids, combine_segments=True)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_same_masks_same_bytes_and_others_another_uid(tmp_path, kind):
    series, arrays = dicom_series.series(SHAPE), masks()
    for name in ("one", "two"):
        written = of(series, arrays, kind=kind)
        report = dicom_sr.build(series, written, measured(arrays), share_interval=(0.1, 0.4), **OPTIONS)
        dicom_seg.save(written, tmp_path / f"{name}_seg.dcm")
        dicom_seg.save(report, tmp_path / f"{name}_sr.dcm")
    for name in ("seg", "sr"):
        assert (tmp_path / f"one_{name}.dcm").read_bytes() == (tmp_path / f"two_{name}.dcm").read_bytes()
    arrays[1][2, 4, 4] = False
    assert of(series, arrays, kind=kind).SOPInstanceUID != written.SOPInstanceUID


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
@pytest.mark.parametrize("lungs_left", [True, False])
def test_a_healthy_scan_and_one_without_lungs_can_be_written(tmp_path, kind, lungs_left):
    series = dicom_series.series(SHAPE)
    arrays = [masks()[0] * lungs_left, np.zeros(SHAPE, bool), np.zeros(SHAPE, np.uint8)]
    written = of(series, arrays, kind=kind)
    dicom_seg.save(written, tmp_path / "seg.dcm")
    assert len(hd.seg.segread(tmp_path / "seg.dcm").segment_numbers) == 5
    report = dicom_sr.build(series, written, measured(arrays), share_interval=None, **OPTIONS)
    dicom_seg.save(report, tmp_path / "sr.dcm")
    expected = {"ml": 0, "%": 0} if lungs_left else {"ml": 0}
    assert _numbers(hd.sr.srread(tmp_path / "sr.dcm"), "Infection") == expected


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (dicom3tools) is not installed")
@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
@pytest.mark.parametrize("identity", ["remove", "keep"])
def test_dciodvfy_finds_no_error(tmp_path, identity, kind):
    """Of a label map, which is younger than most releases, it may say that it does not know it."""
    series, arrays = dicom_series.series(SHAPE), masks()
    written = of(series, arrays, identity=identity, kind=kind)
    options = {**OPTIONS, "identity": identity}
    report = dicom_sr.build(series, written, measured(arrays), share_interval=(0.1, 0.4), **options)
    errors = []
    for document in (written, report):
        dicom_seg.save(document, tmp_path / "file.dcm")
        found = subprocess.run(["dciodvfy", "-new", tmp_path / "file.dcm"], capture_output=True, text=True)
        errors += [line for line in found.stderr.splitlines() if line.startswith("Error")]
    # 0 is the background, of label maps alone, and their storage class one of segmentations that it does not know.
    unknown = ("Information Object Not found", "SegmentNumber of 0", "Referenced SOP Class that is not segmentation")
    assert [line for line in errors if kind == "BINARY" or not line.endswith(unknown)] == []


def test_without_classes_there_are_three_segments(tmp_path):
    series, (lungs, infection, _) = dicom_series.series(SHAPE), masks()
    written = of(series, (lungs, infection, None))
    found = measures.measure(lungs[::-1], infection[::-1], None, spacing=(2.0, 0.5, 0.75), least=0.01)
    report = dicom_sr.build(series, written, found, share_interval=None, **OPTIONS)
    assert [item.SegmentLabel for item in written.SegmentSequence] == ["Right lung", "Left lung", "Infection"]
    assert [number for _, number in _segments(report)] == [1, 2, 3]


def test_one_slice(tmp_path):
    series = dicom_series.series((1, 16, 24))
    dicom_seg.save(of(series, [array[2:3] for array in masks()]), tmp_path / "seg.dcm")
    np.testing.assert_array_equal(read_back(tmp_path / "seg.dcm", series)[..., 0], masks()[0][2:3] == 1)


@pytest.mark.parametrize("identity", ["remove", "keep"])
def test_an_enhanced_series_of_one_file(tmp_path, identity):
    series, arrays = dicom_series.series(SHAPE), masks()
    for dataset in series:  # what the conversion asks for
        dataset.update(
            {"PositionReferenceIndicator": "", "PatientOrientation": "", "ImageType": ["ORIGINAL", "PRIMARY"]}
        )
        dataset.BodyPartExamined, dataset.Manufacturer, dataset.AcquisitionNumber = "CHEST", "", 1
    enhanced = hd.legacy.LegacyConvertedEnhancedCTImage(
        series, series_instance_uid=hd.UID(), series_number=2, sop_instance_uid=hd.UID(), instance_number=1
    )
    dicom_seg.save(of([enhanced], arrays, identity=identity), tmp_path / "seg.dcm")
    found = hd.seg.segread(tmp_path / "seg.dcm").get_pixels_by_source_frame(
        enhanced.SOPInstanceUID, [1, 2, 3, 4], assert_missing_frames_are_empty=True
    )
    np.testing.assert_array_equal(found[..., 0], arrays[0] == 1)
    np.testing.assert_array_equal(found[..., 4], arrays[2] == 2)


def test_slices_in_two_planes_are_refused():
    series = dicom_series.series(SHAPE)
    series[1].ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
    with pytest.raises(InputError, match="no segmentation can refer to"):
        of(series, masks())


def test_slices_without_a_frame_of_reference_get_one():
    series = dicom_series.series(SHAPE)
    for dataset in series:
        del dataset.FrameOfReferenceUID
    assert of(series, masks()).FrameOfReferenceUID == of(series, masks()).FrameOfReferenceUID


def _numbers(report, label):
    """Value by unit of the group with this tracking identifier; nothing for a group without numbers."""
    for group in report.content.get_image_measurement_groups() + (
        report.content.get_volumetric_roi_measurement_groups()
    ):
        if group.tracking_identifier == label:
            return {one.unit.value: one.value for one in group.get_measurements()}
    raise KeyError(label)


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_the_report_holds_the_measures(tmp_path, kind):
    series, arrays = dicom_series.series(SHAPE), masks()
    found, segmentation = measured(arrays), of(series, arrays, kind=kind)
    report = dicom_sr.build(series, segmentation, found, share_interval=(0.1, 0.4), **OPTIONS)
    dicom_seg.save(report, tmp_path / "sr.dcm")
    back = hd.sr.srread(tmp_path / "sr.dcm")
    for side in ("right", "left"):
        assert _numbers(back, f"{side.capitalize()} lung") == {"ml": pytest.approx(found.sides[side].ml("lung"))}
    names = {"infected": "Infection", "ggo": "Ground-glass opacity", "consolidation": "Consolidation"}
    for finding, name in names.items():
        for label, part in ((name, found.lungs), *((f"{name}, {one} lung", found.sides[one]) for one in found.sides)):
            expected = {"ml": part.ml(finding), "%": 100 * part.share(finding)}
            assert _numbers(back, label) == pytest.approx(expected), label
    groups = back.content.get_volumetric_roi_measurement_groups()
    assert [group.reference_type for group in groups] == [codes.DCM.ReferencedSegment] * 5
    assert _segments(pydicom.dcmread(tmp_path / "sr.dcm")) == [(segmentation.SOPInstanceUID, n) for n in range(1, 6)]
    assert back.content.get_volumetric_roi_measurement_groups(finding_type=codes.DCM.GroundGlassOpacity)
    assert len(back.content.get_image_measurement_groups(finding_site=codes.SCT.Lung)) == 6


def test_the_interval_is_the_uncertainty_of_the_infected_share(tmp_path):
    series, arrays = dicom_series.series(SHAPE), masks()
    found = measured(arrays)
    report = dicom_sr.build(series, of(series, arrays), found, share_interval=(0.1, 0.4), **OPTIONS)
    dicom_seg.save(report, tmp_path / "sr.dcm")
    share, bounds = 100 * found.lungs.share("infected"), _nums(pydicom.dcmread(tmp_path / "sr.dcm"))
    assert bounds["371885007"] == pytest.approx(share - 10)
    assert bounds["371886008"] == pytest.approx(40 - share)


def _items(dataset):
    for item in dataset.get("ContentSequence", []):
        yield item
        yield from _items(item)


def _nums(report):
    return {
        item.ConceptNameCodeSequence[0].CodeValue: float(item.MeasuredValueSequence[0].NumericValue)
        for item in _items(report)
        if item.ValueType == "NUM"
    }


def _segments(report):
    references = [item.ReferencedSOPSequence[0] for item in _items(report) if item.ValueType == "IMAGE"]
    return [(one.ReferencedSOPInstanceUID, one.ReferencedSegmentNumber) for one in references]
