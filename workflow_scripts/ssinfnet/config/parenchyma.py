"""Section `parenchyma`: the lungs of the patients' slices."""

from typing import Literal

from pydantic import Field

from ssinfnet.config.base import Section


class Parenchyma(Section):
    """How the lungs are found."""

    method: Literal["ictcf", "closed"] = Field(
        "closed", description="the published procedure, or ours that keeps lesion at the pleura"
    )
