"""One phantom chest, and the ways in which scanners and converters store it."""

import itertools

import nibabel as nib
import numpy as np
from nibabel.orientations import apply_orientation, axcodes2ornt, inv_ornt_aff, ornt_transform
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from ssinfnet.sources.phantom.generate import subject

SPACING = (5.0, 1.25, 0.75)
"""Millimetres between slices, rows and columns."""
ORIENTATIONS = [
    "".join(axes) for order in itertools.permutations(("LR", "PA", "SI")) for axes in itertools.product(*order)
]
# Where slices, rows and columns of the display run to, in DICOM's coordinates (left, posterior, superior).
_AWAY = np.array([[0, 0, -1], [0, 1, 0], [1, 0, 0]], float)


def chest(slices=9, size=40):
    """HU int16 (slices, rows, columns), the head first; no two sides have the same number of voxels."""
    rng = np.random.default_rng(5)
    patient = subject(rng, size, 0.3)
    stack = np.stack([patient.render(z).hounsfield for z in np.linspace(0.15, 0.9, slices)])
    return np.rint(stack[:, 4:-2]).astype(np.int16)


def save_nifti(path, shown, axes="LPI", spacing=SPACING, shear=None):
    """Write slices in display orientation so that the file's axes run as `axes` says."""
    lpi = np.asarray(shown).transpose(2, 1, 0)
    affine = np.diag([-spacing[2], -spacing[1], -spacing[0], 1.0])
    affine[:3, 3] = 91, 77, 40
    if shear is not None:
        affine = shear @ affine
    turn = ornt_transform(axcodes2ornt("LPI"), axcodes2ornt(axes))
    array = np.ascontiguousarray(apply_orientation(lpi, turn))
    nib.save(nib.Nifti1Image(array, affine @ inv_ornt_aff(turn, lpi.shape)), path)
    return path


def slices_of(
    shown, *, order=(0, 1, 2), against=(False, False, False), spacing=SPACING, series=None, turn=None, drift=None
):
    """DICOM datasets, unsaved: stored axis i (slice, row, column) is display axis `order[i]`, along or `against` it.

    `turn` (3, 3) turns the patient; `drift` (3,) moves each slice against the one before, as a tilted gantry does.
    """
    stored = np.transpose(shown, order)[tuple(slice(None, None, -1 if back else 1) for back in against)]
    away = np.stack([_AWAY[axis] * (-1 if back else 1) for axis, back in zip(order, against, strict=True)])
    apart = [spacing[axis] for axis in order]
    turn = np.eye(3) if turn is None else turn
    series, study, frame = series or generate_uid(), generate_uid(), generate_uid()
    result = []
    for number, values in enumerate(stored):
        corner = sum(
            (away[i] * -apart[i] * (stored.shape[i] - 1) if against[i] else np.zeros(3) for i in range(3)), np.zeros(3)
        )
        position = turn @ (corner + away[0] * apart[0] * number) + (0 if drift is None else number * np.array(drift))
        one = Dataset()
        one.file_meta = FileMetaDataset()
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID = CTImageStorage
        one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID = generate_uid()
        one.StudyInstanceUID, one.SeriesInstanceUID, one.FrameOfReferenceUID = study, series, frame
        one.Modality, one.ImageType = "CT", ["ORIGINAL", "PRIMARY", "AXIAL"]
        one.PatientName, one.PatientID, one.PatientBirthDate, one.AccessionNumber = "", "", "", ""
        one.StudyDate = one.StudyTime = one.StudyID = one.ReferringPhysicianName = one.PatientSex = ""
        one.SeriesNumber, one.InstanceNumber, one.AcquisitionNumber = 2, number + 1, 1
        one.ImagePositionPatient = [f"{value:.6g}" for value in position]
        one.ImageOrientationPatient = [f"{value:.8g}" for value in [*(turn @ away[2]), *(turn @ away[1])]]
        one.PixelSpacing, one.SliceThickness = [apart[1], apart[2]], apart[0]
        one.Rows, one.Columns = values.shape
        one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
        one.RescaleType = "HU"
        store(one, values)
        result.append(one)
    return result


def store(one, hounsfield, *, signed=False, bits=16, slope=1, intercept=-2048, negative=False):
    """Put HU into a dataset as stored values, with the header that says how."""
    values = np.rint((np.asarray(hounsfield, float) - intercept) / slope).astype(np.int64)
    if negative:
        values = (-1 if signed else 2**bits - 1) - values
        one.PhotometricInterpretation = "MONOCHROME1"
    one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, bits, bits - 1, int(signed)
    one.RescaleSlope, one.RescaleIntercept = slope, intercept
    one.PixelData = (values & 0xFFFF).astype("<u2").tobytes()
    one["PixelData"].VR = "OW"


def hounsfield_of(one):
    """The HU that `store` put into a dataset with its defaults."""
    return np.frombuffer(one.PixelData, "<u2").reshape(one.Rows, one.Columns).astype(int) - 2048


def save(datasets, folder, shuffle=3):
    """Write datasets under names that say nothing of their order; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    names = np.random.default_rng(shuffle).permutation(len(datasets))
    for one, name in zip(datasets, names, strict=True):
        one.save_as(folder / f"IM{name:04d}", enforce_file_format=True)
    return folder
