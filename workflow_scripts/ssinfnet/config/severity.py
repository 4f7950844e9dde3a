"""Section `severity`: from infection ratio to score."""

from typing import Literal

from pydantic import Field, model_validator

from ssinfnet.config.base import Section


class Severity(Section):
    """Patient-level severity."""

    patient_ratio: Literal["mean", "max"] = Field("mean", description="over a patient's slices")
    cutoffs: Literal["published", "fitted"] = Field(
        "fitted", description="the authors' code's numbers, or chosen by patient-grouped cross-validation"
    )
    published: tuple[float, float] = Field((0.01, 0.5), description="ratios at which scores 1 and 2 begin")
    least_infected: float = Field(
        0.01, ge=0, le=0.5, description="CT score: infected share below which a region counts as free; 0: no tolerance"
    )
    folds: int = Field(5, ge=2, description="for fitted: cross-validation folds over patients")
    bootstrap: int = Field(1000, ge=100, description="resamples of patients for the 95 % intervals")
    seed: int = Field(0, ge=0, lt=2**32, description="seed of folds and resampling")

    @model_validator(mode="after")
    def _check(self) -> "Severity":
        if self.published[0] >= self.published[1]:
            raise ValueError("published cut-offs must rise")
        return self
