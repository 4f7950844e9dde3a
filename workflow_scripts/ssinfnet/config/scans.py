"""Section `scans`: a person's own scans, which a bundle scores."""

from typing import Literal

from pydantic import Field, model_validator

from ssinfnet.config.base import Section


class Scans(Section):
    """Which scans are scored by which bundle, and how; without a table there are none."""

    table: str | None = Field(
        None,
        description="the scans, CSV or .xlsx: paths in the column scan, and if you like name, lobes, compare and "
        "earlier_scan; none: no scan is scored",
    )
    bundle: str | None = Field(
        None, description="what scores them: a bundle, .zip, or a method of this config, which is trained if need be"
    )
    shards: int = Field(2, ge=1, description="jobs over which the scans are spread")
    dicom_identity: Literal["remove", "keep"] = Field(
        "remove", description="whether DICOM that is written names the patient"
    )
    segmentation_type: Literal["BINARY", "LABELMAP"] = Field("BINARY", description="of the DICOM segmentation")
    level: float = Field(0.9, gt=0, lt=1, description="of the interval of the infected share")
    batch_size: int = Field(16, ge=1, description="slices that the networks are given at once")

    @model_validator(mode="after")
    def _check(self) -> "Scans":
        if self.table and not self.bundle:
            raise ValueError("scans.table is given, so scans.bundle must name a bundle or a method")
        return self
