"""The coded concepts of the DICOM files that are written.

All are in pydicom's dictionaries of concepts but two, which are written out: lung consolidation of SNOMED CT, and the
millilitre of UCUM, of which pydicom has only compounds. Infection, which is GGO or consolidation, has no code of its
own on CT: it is an opacity.
"""

from typing import NamedTuple

from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

LUNG = codes.SCT.Lung
RIGHT, LEFT, BOTH = codes.SCT.Right, codes.SCT.Left, codes.SCT.Bilateral
OPACITY = codes.DCM.Opacity
GROUND_GLASS = codes.DCM.GroundGlassOpacity
CONSOLIDATION = Code("95436008", "SCT", "Lung consolidation")
ANATOMICAL = codes.SCT.AnatomicalStructure
ABNORMAL = codes.SCT.MorphologicallyAbnormalStructure
VOLUME, RATIO = codes.SCT.Volume, codes.SCT.Ratio
MILLILITRE = Code("ml", "UCUM", "Milliliter")
PERCENT = codes.UCUM.Percent
REPORT = codes.DCM.ImagingMeasurementReport
CHEST_IMAGING = codes.SCT.ChestImaging
ARTIFICIAL_INTELLIGENCE = codes.DCM.ArtificialIntelligence
LATERALITY = {"right": RIGHT, "left": LEFT}


class Segment(NamedTuple):
    """A segment: its label, category and type, where it is, and its colour (RGB)."""

    label: str
    category: Code
    type: Code
    laterality: Code
    colour: tuple[int, int, int]


SEGMENTS = (
    Segment("Right lung", ANATOMICAL, LUNG, RIGHT, (0, 114, 178)),
    Segment("Left lung", ANATOMICAL, LUNG, LEFT, (0, 158, 115)),
    Segment("Infection", ABNORMAL, OPACITY, BOTH, (240, 228, 66)),
    Segment("Ground-glass opacity", ABNORMAL, GROUND_GLASS, BOTH, (86, 180, 233)),
    Segment("Consolidation", ABNORMAL, CONSOLIDATION, BOTH, (230, 159, 0)),
)
"""Numbered from 1 in this order; the colours are those of the figures."""
FINDINGS = {"infected": 3, "ggo": 4, "consolidation": 5}
"""The number of the segment of each finding."""
