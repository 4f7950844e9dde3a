"""Section `unlabelled`: slices without masks, for the pretext task and the students of methods that ask for them."""

from typing import Literal

from pydantic import Field

from ssinfnet.config.base import Section
from ssinfnet.config.labelled import Transform


class Unlabelled(Section):
    """A folder of pictures, the patients' slices, or both."""

    folder: str | None = Field(None, description="grey JPEG, PNG or TIFF, one slice a file, in folders of any depth")
    patients: bool = Field(False, description="whether the patients' slices, where there are any, are among them")
    transform: Transform = Field("none", description="brings the pictures upright, as labelled.transform does")
    window: Literal["match", "keep"] = Field(
        "keep",
        description="whether their grey values are brought to the window of the labelled training slices, lung to lung "
        "and soft tissue to soft tissue",
    )
