"""What a DICOM header says that a series is: a CT to score, or something else, with the reason.

Reasons use words of the lists here, never those of a header: a person may have typed a name into any of them.
"""

from pydicom import uid
from pydicom.dataset import Dataset

from ssinfnet.files.dicom import texts
from ssinfnet.scans.volume import Outcome

CT = (uid.CTImageStorage, uid.EnhancedCTImageStorage, uid.LegacyConvertedEnhancedCTImageStorage)
ENHANCED = CT[1:]
_DOSE = (uid.XRayRadiationDoseSRStorage, uid.EnhancedXRayRadiationDoseSRStorage)
_MODALITIES = {
    "MR": "magnetic resonance",
    "PT": "positron emission",
    "NM": "nuclear medicine",
    "US": "ultrasound",
    "CR": "radiography",
    "DX": "radiography",
    "MG": "mammography",
    "XA": "angiography",
    "RF": "fluoroscopy",
    "SEG": "segmentation",
    "RTSTRUCT": "structures of a radiotherapy plan",
    "RTDOSE": "dose of a radiotherapy plan",
    "RTPLAN": "radiotherapy plan",
    "REG": "registration",
    "PR": "presentation state",
    "KO": "selection of objects",
    "DOC": "document",
    "ECG": "electrocardiogram",
}
_LOCALISER = ("LOCALIZER", "LOCALISER", "SCOUT", "TOPOGRAM", "SURVIEW")
_DERIVED = {
    "MPR": "a reformat in other planes",
    "REFORMATTED": "a reformat in other planes",
    "CSAPARALLEL": "a reformat in other planes",
    "PROJECTION IMAGE": "a projection",
    "MIP": "a maximum intensity projection",
    "MAX_IP": "a maximum intensity projection",
    "MAXIP": "a maximum intensity projection",
    "MINIP": "a minimum intensity projection",
    "MIN_IP": "a minimum intensity projection",
    "AVERAGE": "an average of slices",
    "VRT": "a rendering",
    "VOLREN": "a rendering",
    "SSD": "a rendering",
    "RENDERED": "a rendering",
    "SCREEN SAVE": "a picture of a screen",
    "SUBTRACTION": "a difference of scans",
    "PERFUSION": "a map of perfusion",
    "SECONDARY": "a secondary series",
}
_NO_LUNGS = ("HEAD", "BRAIN", "SKULL", "ORBIT", "SINUS", "FACE", "JAW", "TEETH", "EAR", "KNEE", "FOOT", "ANKLE", "HIP")
_NO_LUNGS += ("LEG", "HAND", "WRIST", "ELBOW", "ARM", "PELVIS", "EXTREMITY", "LSPINE", "HEADNECK")
_CHEST = ("CHEST", "THORAX", "LUNG", "WHOLEBODY", "TSPINE")


def skipped(header: Dataset, *, keep_derived: bool = False) -> Outcome | None:
    """Why a file is no slice of a CT to score; None for one that is. `keep_derived` lets derived series pass."""
    storage = header.get("SOPClassUID")
    modality, *_ = [*texts(header, "Modality"), ""]
    kind = texts(header, "ImageType")
    if storage == uid.MediaStorageDirectoryStorage or (storage is None and "Rows" not in header):
        return Outcome("dicom_directory", "skipped", "a directory of files or no image")
    if storage in _DOSE or any("DOSE" in word for word in kind):
        return Outcome("dose_report", "skipped", "a dose report")
    if modality == "SR":
        return Outcome("report", "skipped", "a structured report")
    if str(storage).startswith(uid.SecondaryCaptureImageStorage):
        return Outcome("secondary_capture", "skipped", "a picture of a screen or of a report")
    if modality in _MODALITIES or (storage not in CT and (storage is not None or modality != "CT")):
        name = _MODALITIES.get(modality, "no CT image")
        return Outcome("other_modality", "skipped", f"another modality ({name})")
    if any(word in _LOCALISER for word in kind):
        return Outcome("localiser", "skipped", "a localiser")
    if not keep_derived and (name := next((name for word, name in _DERIVED.items() if _is_in(word, kind)), None)):
        return Outcome("derived_series", "skipped", f"a derived series ({name})")
    return None


def not_chest(header: Dataset) -> str | None:
    """The body part, of our own list, that a header names and in which there are no lungs; None for any other."""
    words = " ".join(texts(header, "BodyPartExamined")).replace("-", " ").replace("_", " ").split()
    together = "".join(words)
    if any(part in together for part in _CHEST):
        return None
    return next((part.lower() for part in _NO_LUNGS if part in words or part == together), None)


def _is_in(word: str, kind: list[str]) -> bool:
    return any(word == value or f" {word} " in f" {value} " for value in kind)
