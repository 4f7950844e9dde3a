"""Canaries in every attribute that can hold text: none of them gets out."""

import contextlib
import datetime
import io
import logging
import socket
import warnings

import dicom_series
import numpy as np
import pydicom
import pytest
import scan_results

from ssinfnet.errors import InputError
from ssinfnet.figures import style
from ssinfnet.scans import change, dicom_seg, dicom_sr, identity, nifti, overview, page, tables

FILES = 11
OPTIONS = {"maker": dicom_seg.Maker("ssinfnet_aug", "ab" * 32, "0.1.0"), "created": datetime.datetime(2026, 11, 26, 5)}


def write_all(folder, series, mode):
    """All that is written of a scan; and what was logged or printed meanwhile."""
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told), warnings.catch_warnings():
            warnings.simplefilter("always")
            arrays = scan_results.arrays()
            result = scan_results.scored(kind="dicom", series_uid=series[0].SeriesInstanceUID)
            for kind in ("BINARY", "LABELMAP"):
                seg = dicom_seg.build(series, *arrays, identity=mode, kind=kind, **OPTIONS)
                report = dicom_sr.build(series, seg, result.measures, share_interval=None, identity=mode, **OPTIONS)
                dicom_seg.save(seg, folder / f"scan_1_{kind}.dcm")
                dicom_seg.save(report, folder / f"scan_1_{kind}_sr.dcm")
            nifti.write_mask(folder / "scan_1_lungs.nii", arrays[0], np.diag([2.0, 2.0, 5.0, 1.0]))
            tables.write_scan(folder / "scan_1", result)
            tables.write_batch(folder / "scans.csv", [result.as_dict()])
            values = arrays[0].astype("int16")
            window = {"spacing": scan_results.SPACING, "window": (-1250, 250), "title": result.name}
            style.save(overview.draw(values, *arrays, **window), folder / "scan_1.png")
            comparison = change.compare(result.as_dict(), result.as_dict())
            page.write_scan(folder / "scan_1.html", result, folder / "scan_1.png", comparison)
            page.write_batch(folder / "scans.html", [result.as_dict()], {})
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    return told.getvalue()


def holders(folder, told, texts):
    """Where any of the texts is found: in names, in bytes or in what was told."""
    found = [path.name for path in folder.iterdir() if any(text in path.name for text in texts)]
    found += [
        path.name
        for path in folder.iterdir()
        if any(text.encode(code) in path.read_bytes() for text in texts for code in ("utf-8", "utf-16-le"))
    ]
    return found + ["told"] * any(text in told for text in texts)


@pytest.fixture(scope="module")
def canaries(tmp_path_factory):
    """Read from files, so that pydicom has yet to look at what it is not asked for."""
    folder = tmp_path_factory.mktemp("canaries")
    first = dicom_series.series((1, *scan_results.SHAPE[1:]), canaries=True)[0]
    first.save_as(folder / "first.dcm", enforce_file_format=True)
    for number, plain in enumerate(dicom_series.series(scan_results.SHAPE)):
        dataset = pydicom.dcmread(folder / "first.dcm")
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = plain.SOPInstanceUID
        dataset.ImagePositionPatient = plain.ImagePositionPatient
        dataset.save_as(folder / f"slice{number:02}.dcm")
    return [pydicom.dcmread(path) for path in sorted(folder.glob("slice*"))]


@pytest.fixture(scope="module")
def removed(canaries, tmp_path_factory):
    """What is written of the series with canaries, and what was told; all without a socket."""

    def refuse(*arguments, **options):
        raise AssertionError("a socket was asked for")

    folder = tmp_path_factory.mktemp("removed")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("socket", "create_connection", "getaddrinfo"):
            patch.setattr(socket, name, refuse)
        return folder, write_all(folder, canaries, "remove")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    series = dicom_series.series(scan_results.SHAPE)
    del series[0].AccessionNumber, series[0].StudyTime
    folder = tmp_path_factory.mktemp("kept")
    return folder, write_all(folder, series, "keep")


def test_there_are_canaries_wherever_text_may_be(canaries):
    dataset = canaries[0]
    kinds = {element.VR for element in dataset if dicom_series.CANARY in str(element.value)}
    assert kinds >= {"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT", "SQ", "OB"}
    assert sum(1 for element in dataset if dicom_series.CANARY in str(element.value)) > 2000
    assert dataset.PatientComments == dataset.StudyDescription == dicom_series.CANARY
    assert any(element.tag.is_private for element in dataset)


def test_nothing_of_a_patient_gets_out(removed):
    folder, told = removed
    assert len(list(folder.iterdir())) == FILES and "copy Patient-related attributes" in told
    assert holders(folder, told, (dicom_series.CANARY, *dicom_series.DATES)) == []


def test_the_search_finds_what_is_kept(kept):
    assert sorted(set(holders(*kept, ("Doe^Jo",)))) == [
        "scan_1_BINARY.dcm",
        "scan_1_BINARY_sr.dcm",
        "scan_1_LABELMAP.dcm",
        "scan_1_LABELMAP_sr.dcm",
    ]


@pytest.mark.parametrize("name", ["scan_1_BINARY", "scan_1_BINARY_sr", "scan_1_LABELMAP", "scan_1_LABELMAP_sr"])
def test_files_say_that_identity_was_removed(removed, canaries, name):
    found = pydicom.dcmread(removed[0] / f"{name}.dcm")
    assert found.PatientIdentityRemoved == "YES" and found.DeidentificationMethod == identity.METHOD
    assert len(identity.METHOD) <= 64 and found.LongitudinalTemporalInformationModified == "REMOVED"
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "StudyDate", "AccessionNumber"):
        assert not found[keyword].value, keyword
    assert found.StudyInstanceUID == canaries[0].StudyInstanceUID


def test_masks_refer_to_the_slices_that_they_are_on(removed, canaries):
    referred = pydicom.dcmread(removed[0] / "scan_1_BINARY.dcm").ReferencedSeriesSequence[0]
    uids = {item.ReferencedSOPInstanceUID for item in referred.ReferencedInstanceSequence}
    assert referred.SeriesInstanceUID == canaries[0].SeriesInstanceUID
    assert uids == {dataset.SOPInstanceUID for dataset in canaries[2:11]}


@pytest.mark.parametrize("name", ["scan_1_BINARY", "scan_1_BINARY_sr"])
def test_keep_hands_the_patient_on(kept, name):
    found = pydicom.dcmread(kept[0] / f"{name}.dcm")
    assert (found.PatientName, found.PatientID, found.StudyDate) == ("Doe^Jo", "17", "20200401")
    assert "PatientIdentityRemoved" not in found


def test_what_is_read_of_files_is_enough_and_no_more(tmp_path, canaries):
    canaries[0].save_as(tmp_path / "slice.dcm")
    few, all_of_it = (identity.read([tmp_path / "slice.dcm"], mode)[0] for mode in ("remove", "keep"))
    assert "PatientComments" in all_of_it and not {"PatientComments", "PatientName", "ContentSequence"} & set(few.dir())
    assert not any(element.tag.is_private for element in few)
    assert identity.sources([few]) == identity.sources([canaries[0]])
    with pytest.raises(InputError, match="cannot be read"):
        identity.read([tmp_path / "missing.dcm"], "remove")


@pytest.mark.parametrize(
    "changes",
    [
        {"SpecificCharacterSet": "ISO_IR 192", "PatientName": "Müller^Jörg"},
        {"SpecificCharacterSet": ["", "ISO 2022 IR 87"], "PatientName": "Yamada^Tarou=山田^太郎"},
        {"PatientSex": "X", "PatientBirthDate": "1950", "StudyTime": "10:15:00"},
        {"PatientName": None, "StudyDate": None},
    ],
    ids=["utf-8", "two character sets", "no valid values", "empty"],
)
@pytest.mark.filterwarnings("ignore:Invalid value for VR")
def test_keep_hands_on_what_stands_there(tmp_path, changes, monkeypatch):
    series = dicom_series.series((2, 8, 8))
    monkeypatch.setattr(pydicom.config.settings, "_writing_validation_mode", pydicom.config.IGNORE)
    series[0].update(changes)
    series[0].save_as(tmp_path / "slice.dcm", enforce_file_format=True)
    monkeypatch.undo()
    headers = [*identity.read([tmp_path / "slice.dcm"], "keep"), series[1]]
    lungs = np.ones((2, 8, 8), np.uint8)
    seg = dicom_seg.build(headers, lungs, lungs > 0, None, identity="keep", **OPTIONS)
    dicom_seg.save(seg, tmp_path / "seg.dcm")
    found = pydicom.dcmread(tmp_path / "seg.dcm")
    for keyword, value in changes.items():
        assert (found[keyword].value or None) == value, keyword


def test_sources_are_left_as_they_are():
    series = dicom_series.series((2, 8, 8))
    before = [dataset.to_json() for dataset in series]
    for copy in identity.sources(series):
        copy.PatientName, copy.ImagePositionPatient[0] = "other", 99
        assert "PixelData" not in copy
    assert [dataset.to_json() for dataset in series] == before


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("SOPInstanceUID", "CANARY"), ("StudyInstanceUID", "1.2.CANARY"), ("ImagePositionPatient", [1, 2])],
)
@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
def test_what_makes_no_sense_is_refused_without_its_value(keyword, value):
    series = dicom_series.series((2, 8, 8))
    setattr(series[1], keyword, value)
    with pytest.raises(InputError, match=keyword) as error:
        identity.sources(series)
    assert "CANARY" not in str(error.value)


def test_an_attribute_that_references_need_is_asked_for():
    series = dicom_series.series((2, 8, 8))
    del series[1].ImagePositionPatient
    with pytest.raises(InputError, match="without ImagePositionPatient"):
        identity.sources(series)


def test_patients_are_compared_by_their_ids():
    one, other = dicom_series.series((2, 8, 8))
    assert identity.are_of_one_patient(one, other) is True
    other.PatientID = "18"
    assert identity.are_of_one_patient(one, other) is False
    other.PatientID = ""
    assert identity.are_of_one_patient(one, other) is None
    one.PatientID = other.PatientID = "17"
    one.IssuerOfPatientID, other.IssuerOfPatientID = "A", "B"
    assert identity.are_of_one_patient(one, other) is None
