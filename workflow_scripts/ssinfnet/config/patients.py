"""Section `patients`: the patients whose severity is scored."""

from typing import Literal

from pydantic import Field, model_validator

from ssinfnet.config.base import Section


class Patients(Section):
    """Source of the iCTCF pictures and of the clinical table."""

    source: Literal["phantom", "ictcf", "folder", "none"] = Field(
        "phantom", description="embedded phantom, download, a folder of patient folders, or no severity stage"
    )
    folder: str | None = Field(None, description="for source folder: one folder of pictures per patient")
    table: str | None = Field(None, description="for sources ictcf and folder: clinical table, .xlsx or .csv")
    patient_column: str = Field("Patient", description="column with the patient id")
    morbidity_column: str = Field("Morbidity", description="column with the severity class")
    scores: dict[str, int] = Field(
        {"Control": 0, "Regular": 0, "Mild": 0, "Severe": 1, "Critically ill": 2},
        description="severity score of each class; patients of other classes are left out and counted",
    )
    slices_per_patient: int = Field(
        0, ge=0, description="pictures taken from each patient, evenly spaced over the scan; 0: all"
    )

    @model_validator(mode="after")
    def _check(self) -> "Patients":
        if self.source == "folder" and not (self.folder and self.table):
            raise ValueError("source folder needs patients.folder and patients.table")
        return self
