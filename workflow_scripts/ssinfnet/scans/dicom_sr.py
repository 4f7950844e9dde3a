"""The numbers of a scan as a DICOM structured report: TID 1500, whose groups refer to the segments.

A group has one finding, one site and at most one volume (ml) and one ratio (%), so that no number can be taken for
another's: the whole findings refer to their segment (TID 1411), those of one lung to none (TID 1501), as a segment has
both lungs. The interval of the infected share is its measurement uncertainty. Regions, grades and classes have no
codes; the JSON has them.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from highdicom import sr
from pydicom.dataset import Dataset

from ssinfnet.scans import dicom_codes as concepts
from ssinfnet.scans.dicom_codes import FINDINGS, LATERALITY, SEGMENTS, Segment
from ssinfnet.scans.dicom_seg import MANUFACTURER, Maker, date, equipment, uid_of
from ssinfnet.scans.identity import Identity, finish, sources
from ssinfnet.scans.measures import SIDES, Extent, Measures

SERIES_NUMBER = 5101


def build(
    datasets: Sequence[Dataset],
    segmentation: Dataset,
    measures: Measures,
    *,
    share_interval: tuple[float, float] | None,
    maker: Maker,
    identity: Identity,
    created: datetime,
) -> sr.ComprehensiveSR:
    """The report of a series (`datasets`, as `dicom_seg.build` takes them) and of its `segmentation`.

    `share_interval` is that of the infected share, 0 to 1. The UIDs follow from the segmentation and the numbers.
    """
    seed = (str(segmentation.SOPInstanceUID), repr(measures), repr(share_interval))
    context = sr.ObservationContext(
        observer_device_context=sr.ObserverContext(
            observer_type=concepts.codes.DCM.Device,
            observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
                uid=uid_of("device", maker.digest),
                name=MANUFACTURER,
                manufacturer_name=MANUFACTURER,
                model_name=maker.bundle[:64],
                serial_number=maker.digest,
            ),
        )
    )
    report = sr.MeasurementReport(
        observation_context=context,
        procedure_reported=concepts.CHEST_IMAGING,
        imaging_measurements=list(_groups(segmentation, measures, share_interval, maker, seed)),
        title=concepts.REPORT,
    )
    document = sr.ComprehensiveSR(
        evidence=[*sources(datasets), segmentation],
        content=report[0],
        series_instance_uid=uid_of("series", *seed),
        series_number=SERIES_NUMBER,
        sop_instance_uid=uid_of("instance", *seed),
        instance_number=1,
        **equipment(maker),
        series_description="Lung infection: measurements",
        content_date=created.date(),
        content_time=created.time(),
        is_complete=True,
        is_final=False,
    )
    date(document, created)
    finish(document, identity, datasets[0])
    return document


def _groups(
    segmentation: Dataset,
    measures: Measures,
    share_interval: tuple[float, float] | None,
    maker: Maker,
    seed: Sequence[str],
) -> Iterator[sr.VolumetricROIMeasurementsAndQualitativeEvaluations | sr.MeasurementsAndQualitativeEvaluations]:
    for side, number in SIDES.items():
        segment = SEGMENTS[number - 1]
        yield sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
            referenced_segment=_reference(segmentation, number),
            measurements=_measurements(measures.sides[side], "lung"),
            **_heading(segment.label, segment, segment.laterality, maker, seed),
        )
    for finding, number in FINDINGS.items():
        if getattr(measures.lungs, finding) is None:
            continue
        segment = SEGMENTS[number - 1]
        yield sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
            referenced_segment=_reference(segmentation, number),
            measurements=_measurements(measures.lungs, finding, share_interval if finding == "infected" else None),
            **_heading(segment.label, segment, segment.laterality, maker, seed),
        )
        for side, laterality in LATERALITY.items():
            label = f"{segment.label}, {side} lung"
            yield sr.MeasurementsAndQualitativeEvaluations(
                measurements=_measurements(measures.sides[side], finding),
                **_heading(label, segment, laterality, maker, seed),
            )


def _heading(label: str, segment: Segment, laterality: concepts.Code, maker: Maker, seed: Sequence[str]) -> dict:
    return {
        "tracking_identifier": sr.TrackingIdentifier(uid=uid_of("group", label, *seed), identifier=label),
        "finding_category": segment.category,
        "finding_type": segment.type,
        "finding_sites": [sr.FindingSite(concepts.LUNG, laterality=laterality)],
        "algorithm_id": sr.AlgorithmIdentification(
            name=f"SSInfNet: {maker.bundle}"[:64], version=maker.version, manufacturer=MANUFACTURER
        ),
    }


def _reference(segmentation: Dataset, number: int) -> sr.ReferencedSegment:
    """By series, as a segment without a voxel has no slices to name."""
    series = segmentation.ReferencedSeriesSequence[0].SeriesInstanceUID
    return sr.ReferencedSegment(
        sop_class_uid=segmentation.SOPClassUID,
        sop_instance_uid=segmentation.SOPInstanceUID,
        segment_number=number,
        source_series=sr.SourceSeriesForSegmentation(series),
    )


def _measurements(part: Extent, what: str, share_interval: tuple[float, float] | None = None) -> list[sr.Measurement]:
    found = []
    if (volume := part.ml(what)) is not None:
        found.append(sr.Measurement(concepts.VOLUME, volume, concepts.MILLILITRE))
    if what != "lung" and (share := part.share(what)) is not None:
        uncertainty = None
        if share_interval:
            low, high = (100 * bound for bound in share_interval)
            uncertainty = sr.MeasurementProperties(
                lower_measurement_uncertainty=max(0.0, 100 * share - low),
                upper_measurement_uncertainty=max(0.0, high - 100 * share),
            )
        found.append(sr.Measurement(concepts.RATIO, 100 * share, concepts.PERCENT, properties=uncertainty))
    return found
