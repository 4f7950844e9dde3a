"""Masks of a scan as a DICOM segmentation that lies on its slices."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import highdicom as hd
import numpy as np
from highdicom.seg import Segmentation, SegmentDescription
from highdicom.spatial import get_dataset_sort_index
from pydicom.dataset import Dataset
from pydicom.uid import UID, generate_uid

from ssinfnet.errors import InputError
from ssinfnet.files.atomic import atomic_path
from ssinfnet.scans.dicom_codes import ARTIFICIAL_INTELLIGENCE, LUNG, SEGMENTS
from ssinfnet.scans.identity import Identity, finish, sources
from ssinfnet.scans.measures import SIDES
from ssinfnet.slices.labels import LESIONS

MANUFACTURER = "SSInfNet"
SERIES_NUMBER = 5100
Kind = Literal["BINARY", "LABELMAP"]


@dataclass(frozen=True)
class Maker:
    """What made a file: the name of the bundle, its SHA-256 in hexadecimal, and the version of the software."""

    bundle: str
    digest: str
    version: str


def build(
    datasets: Sequence[Dataset],
    lungs: np.ndarray,
    infection: np.ndarray,
    classes: np.ndarray | None,
    *,
    maker: Maker,
    identity: Identity,
    created: datetime,
    kind: Kind = "BINARY",
) -> Segmentation:
    """The segmentation of a series with the five `SEGMENTS`, or without `classes` the first three.

    `datasets` are the files of the series, or the one file of an enhanced series; `lungs` (codes of `SIDES`),
    `infection` (bool) and `classes` (codes of `LESIONS`) are (slices, rows, columns) in the order of the files or
    frames and as these store their pixels. Infection and classes outside of the lungs are left out, as no number counts
    them. In `BINARY` the lungs hold their lesions, and infection its classes; in `LABELMAP` each voxel has one segment,
    the last that holds it.

    The UIDs follow from the slices, the masks and the maker: with the same `created` the same bytes are written.
    Raises `InputError` for a series that no segmentation can refer to.
    """
    copies = sources(datasets)
    filled = list(range(len(lungs)))
    if len(copies) > 1:
        order = _order(copies)
        filled = [place for place in order if lungs[place].any()] or order  # a mask refers to the slices that it is on
        copies = [copies[place] for place in filled]
    planes = _planes(lungs[filled], infection[filled], None if classes is None else classes[filled])
    if kind == "BINARY":
        pixels = np.moveaxis(planes, 0, -1)
    else:
        pixels = np.zeros(planes.shape[1:], np.uint8)
        for number, plane in enumerate(planes, 1):
            pixels[plane > 0] = number
    uids = [str(dataset.SOPInstanceUID) for dataset in copies]
    seed = (kind, identity, maker.digest, maker.version, *uids, hashlib.sha256(planes).hexdigest())
    result = Segmentation(
        source_images=copies,
        pixel_array=pixels,
        segmentation_type=kind,
        segment_descriptions=_describe(maker, seed)[: len(planes)],
        series_instance_uid=uid_of("series", *seed),
        series_number=SERIES_NUMBER,
        sop_instance_uid=uid_of("instance", *seed),
        instance_number=1,
        **equipment(maker),
        content_description="Lungs and infection",
        content_label="LUNG_INFECTION",
        series_description="Lung infection: segmentation",
        content_date=created.date(),
        content_time=created.time(),
    )
    date(result, created)
    finish(result, identity, datasets[0])
    organisation = uid_of("dimensions", *seed)  # drawn at random by highdicom
    for item in (*result.DimensionOrganizationSequence, *result.DimensionIndexSequence):
        item.DimensionOrganizationUID = organisation
    return result


def equipment(maker: Maker) -> dict[str, str]:
    """What highdicom's documents say of the equipment that made them."""
    return {
        "manufacturer": MANUFACTURER,
        "manufacturer_model_name": maker.bundle[:64],
        "software_versions": maker.version[:64],
        "device_serial_number": maker.digest[:64],
    }


def date(document: Dataset, created: datetime) -> None:
    """Date a document that highdicom has made, which takes the time of the clock for some of its dates."""
    document.InstanceCreationDate = created.strftime("%Y%m%d")
    document.InstanceCreationTime = created.strftime("%H%M%S")
    for item in document.ContributingEquipmentSequence:
        if item.get("ManufacturerModelName") == "highdicom":
            item.ContributionDateTime = created.strftime("%Y%m%d%H%M%S")


def save(document: Dataset, path: str | Path) -> None:
    """Write a document as a DICOM file, atomically."""
    with atomic_path(path) as temporary:
        document.save_as(temporary)


def uid_of(*parts: str) -> UID:
    """A UID that follows from these texts."""
    return generate_uid(entropy_srcs=list(parts))


def _order(copies: Sequence[Dataset]) -> list[int]:
    try:
        return get_dataset_sort_index(copies)
    except ValueError as error:  # of scrubbed headers, so it can quote nothing of a patient
        raise InputError(
            f"slices that no segmentation can refer to ({str(error).rstrip('.')}); the NIfTI masks can be used"
        ) from None


def _planes(lungs: np.ndarray, infection: np.ndarray, classes: np.ndarray | None) -> np.ndarray:
    """The masks of `SEGMENTS`, uint8 0/1 (segments, slices, rows, columns)."""
    planes = np.empty((len(SEGMENTS) if classes is not None else 3, *lungs.shape), np.uint8)
    right, left, infected, *lesions = planes
    for plane, code in zip((right, left), SIDES.values(), strict=True):
        np.equal(lungs, code, out=plane, casting="unsafe")
    inside = lungs > 0
    np.logical_and(infection, inside, out=infected, casting="unsafe")
    for plane, code in zip(lesions, LESIONS.values() if lesions else (), strict=True):
        np.logical_and(classes == code, inside, out=plane, casting="unsafe")
    return planes


def _describe(maker: Maker, seed: Sequence[str]) -> list[SegmentDescription]:
    algorithm = hd.AlgorithmIdentificationSequence(
        name=f"SSInfNet: {maker.bundle}"[:64],
        family=ARTIFICIAL_INTELLIGENCE,
        version=maker.version[:64],
        source=MANUFACTURER,
        parameters={"bundle_sha256": maker.digest},
    )
    descriptions = [
        SegmentDescription(
            segment_number=number,
            segment_label=segment.label,
            segmented_property_category=segment.category,
            segmented_property_type=segment.type,
            algorithm_type="AUTOMATIC",
            algorithm_identification=algorithm,
            tracking_uid=uid_of("tracking", str(number), *seed),
            tracking_id=segment.label,
            anatomic_regions=None if segment.type == LUNG else [LUNG],
            display_color=hd.color.CIELabColor.from_rgb(*segment.colour),
        )
        for number, segment in enumerate(SEGMENTS, 1)
    ]
    for description, segment in zip(descriptions, SEGMENTS, strict=True):
        if segment.type == LUNG:
            side = hd.sr.CodedConcept.from_code(segment.laterality)
            description.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [side]
    return descriptions
