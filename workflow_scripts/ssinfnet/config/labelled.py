"""Section `labelled`: the labelled slices that the networks learn from."""

from typing import Literal

from pydantic import Field, model_validator

from ssinfnet.config.base import Section

Transform = Literal[
    "none",
    "rotate_90",
    "rotate_180",
    "rotate_270",
    "transpose",
    "transverse",
    "flip_left_right",
    "flip_top_bottom",
]


class Labelled(Section):
    """The source of the labelled slices and how it becomes 8-bit pictures."""

    source: Literal["phantom", "medseg", "folder"] = Field(
        "phantom", description="embedded phantom, MedSeg download, or a folder of one's own slices"
    )
    folder: str | None = Field(None, description="for source folder: holds images/ and infection/ or classes/")
    transform: Transform = Field(
        "none",
        description="for source folder: brings pictures and masks upright (patient's right on the left, spine below); "
        "rotations are counter-clockwise; COVID-SemiSeg needs transpose",
    )
    classes: bool = Field(
        True, description="whether the masks tell GGO from consolidation; false leaves out the multi network"
    )
    hu_window: tuple[float, float] = Field(
        (-1250, 250), description="HU shown as black and as white, for NIfTI sources"
    )

    @model_validator(mode="after")
    def _check(self) -> "Labelled":
        if self.source == "folder" and not self.folder:
            raise ValueError("source folder needs labelled.folder")
        if self.hu_window[0] >= self.hu_window[1]:
            raise ValueError("hu_window must rise from black to white")
        return self
