"""A scored scan of a few voxels, and one that was refused."""

from dataclasses import dataclass

import numpy as np

from ssinfnet.scans import measures
from ssinfnet.scans.result import Method, ScanResult, Severity

SHAPE = (12, 20, 40)
SPACING = (5.0, 2.0, 2.0)
METHOD = Method("SSInfNet + augmentation", "ab" * 32, (0, 1))


@dataclass(frozen=True)
class Outcome:
    code: str
    level: str
    text: str


def arrays():
    """Lungs (codes), infection and classes of a scan whose right lung is half infected behind."""
    lungs, classes = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    lungs[2:11, 4:14, 5:15], lungs[2:11, 4:12, 24:34] = 1, 2
    classes[2:11, 9:14, 5:10], classes[6:11, 9:14, 10:12] = 1, 2
    return lungs, classes > 0, classes


def scored(name="scan_1", **options):
    lungs, infection, classes = arrays()
    found = measures.measure(lungs, infection, classes, spacing=SPACING, least=0.01)
    share = found.lungs.share("infected")
    return ScanResult(
        **{
            "name": name,
            "kind": "nifti",
            "shape": SHAPE,
            "spacing": SPACING,
            "method": METHOD,
            "measures": found,
            "share_interval": (share - 0.05, share + 0.1),
            "coverage": 0.9,
            "severity": Severity(1, {0: 1, 1: 2}, 0.21, "fitted", 31, 40),
            "outcomes": [Outcome("spacing_above_10_mm", "note", "its slices are 12 mm apart; volumes are coarse")],
            **options,
        }
    )


def refused(name="scan_2"):
    reason = "its lungs are cut off by 40 % <i>; scan the whole chest"
    return ScanResult(name, "dicom", None, None, METHOD, outcomes=[Outcome("lungs_cut_off", "refused", reason)])
