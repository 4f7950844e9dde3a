"""Section `patients`: the patients whose severity is scored."""

import re
import unicodedata
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from ssinfnet.config.base import Section
from ssinfnet.config.labelled import Transform

SCORES = {0: "0", 1: "1 (severe)", 2: "2 (critically ill)"}


class Patients(Section):
    """Source of the patients' pictures and of the clinical table."""

    source: Literal["phantom", "ictcf", "folder", "none"] = Field(
        "phantom", description="embedded phantom, download, a folder of patient folders, or no severity stage"
    )
    folder: str | None = Field(None, description="for source folder: one folder of pictures per patient")
    transform: Transform = Field("none", description="brings the pictures upright, as labelled.transform does")
    table: str | None = Field(
        None,
        description="for sources ictcf and folder: clinical table, .xlsx or .csv; a folder without one has patients "
        "without a severity class",
    )
    patient_column: str = Field("Patient", description="column with the patient id")
    morbidity_column: str | None = Field(
        "Morbidity", description="column with the severity class, empty for a patient without one; null: nobody has one"
    )
    scores: dict[str, int] = Field(
        {"Control": 0, "Regular": 0, "Mild": 0, "Severe": 1, "Critically ill": 2},
        description="severity score of each class, 0, 1 or 2; case and blanks do not matter",
    )
    left_out: tuple[str, ...] = Field(
        ("Suspected",), description="further classes of the table, whose patients have no severity score"
    )
    slices_per_patient: int = Field(
        0, ge=0, description="pictures taken from each patient, evenly spaced over the scan; 0: all"
    )

    @field_validator("scores", mode="before")
    @classmethod
    def _names(cls, scores: Any) -> Any:
        """Classes are text, also where YAML takes them for numbers; what it takes for a truth value is refused."""
        if not isinstance(scores, dict):
            return scores
        return {str(name) if type(name) in (int, float) else name: score for name, score in scores.items()}

    @field_validator("scores")
    @classmethod
    def _scores(cls, scores: dict[str, int]) -> dict[str, int]:
        if wrong := {name: score for name, score in scores.items() if score not in SCORES}:
            found = ", ".join(f"{name} has {score}" for name, score in wrong.items())
            raise ValueError(f"{found}; the severity scores are {', '.join(SCORES.values())}")
        by_name: dict[str, str] = {}
        for name in scores:
            other = by_name.setdefault(plain_class(name), name)
            if scores[other] != scores[name]:
                raise ValueError(
                    f"{other!r} and {name!r} are one class with two scores, as case and blanks do not matter; write it "
                    "as in config.yaml"
                )
        return scores

    @model_validator(mode="after")
    def _check(self) -> "Patients":
        if self.source == "folder" and not self.folder:
            raise ValueError("source folder needs patients.folder")
        return self


def plain_class(name: str) -> str:
    """The name of a severity class without what people do not mean by it: case, blanks, wide letters, a number's .0."""
    text = " ".join(unicodedata.normalize("NFKC", name).split()).casefold()
    return re.sub(r"^(\d+)\.0+$", r"\1", text)
