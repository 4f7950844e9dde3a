"""Small CT series as pydicom datasets; with canaries, recognisable text stands wherever text may stand."""

import numpy as np
from pydicom import Dataset
from pydicom.datadict import DicomDictionary, keyword_for_tag
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

CANARY = "CANARY"
_TEXT_VRS = ("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT")
_DATE = {"DA": "19110711", "TM": "070707", "DT": "19110711070707", "AS": "077Y"}
DATES = ("19110711", "070707", "077Y")


def series(shape=(4, 16, 24), *, spacing=(2.0, 0.5, 0.75), seed="a", canaries=False):
    """Files of an axial CT, head first, as (files, rows, columns); file 0 is nearest the feet."""
    study, one, frame = (generate_uid(entropy_srcs=[seed, name]) for name in ("study", "series", "frame"))
    values = np.random.default_rng(0).integers(0, 2000, shape, dtype=np.uint16)
    return [
        _file(plane, position, (study, one, frame), seed, spacing, canaries) for position, plane in enumerate(values)
    ]


def _file(plane, position, uids, seed, spacing, canaries):
    dataset = Dataset()
    if canaries:
        _fill(dataset)
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = generate_uid(entropy_srcs=[seed, str(position)])
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = uids
    dataset.Modality = "CT"
    if not canaries:
        dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = "Doe^Jo", "17", "19500101"
        dataset.PatientSex, dataset.StudyDate, dataset.StudyTime = "O", "20200401", "101500"
        dataset.StudyID, dataset.AccessionNumber, dataset.ReferringPhysicianName = "3", "99", ""
    else:
        dataset.PatientSex = "O"
    dataset.Rows, dataset.Columns = plane.shape
    dataset.PixelSpacing, dataset.SliceThickness = list(spacing[1:]), spacing[0]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.ImagePositionPatient = [-5, -7, spacing[0] * position]
    dataset.PatientPosition = "HFS"
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 0
    dataset.RescaleIntercept, dataset.RescaleSlope = -1024, 1
    dataset.PixelData = plane.tobytes()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = CTImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def _fill(dataset):
    """A canary in every attribute of text in DICOM's dictionary, and in sequences and private attributes."""
    for tag, (vr, _, _, retired, _) in DicomDictionary.items():
        # Command and file sets are of no image; what has two spellings of its VR is no text.
        if tag >> 16 < 8 or tag >> 16 >= 0x7FE0 or retired or not keyword_for_tag(tag):
            continue
        if vr in _TEXT_VRS:
            dataset.add_new(tag, vr, CANARY)
        elif vr in _DATE:
            dataset.add_new(tag, vr, _DATE[vr])
        elif vr == "SQ":
            dataset.add_new(tag, vr, Sequence([_nested(1)]))
    del dataset.SpecificCharacterSet
    block = dataset.private_block(0x0011, f"{CANARY} MAKER", create=True)
    block.add_new(0x01, "LO", CANARY)
    block.add_new(0x02, "SQ", Sequence([_nested(2)]))
    block.add_new(0x03, "OB", CANARY.encode())
    block.add_new(0x04, "UN", CANARY.encode())


def _nested(depth):
    item = Dataset()
    item.PatientName, item.TextValue, item.PatientBirthDate = f"{CANARY}^NESTED", CANARY, _DATE["DA"]
    item.private_block(0x0013, CANARY, create=True).add_new(0x01, "LO", CANARY)
    if depth:
        item.ContentSequence = Sequence([_nested(depth - 1)])
    return item
