"""Section `split`: training, validation and test."""

from typing import Literal

from pydantic import Field

from ssinfnet.config.base import Section


class Split(Section):
    """Target shares of the parts; the defaults are the slices of the paper's Table I."""

    by: Literal["group", "slice", "file"] = Field(
        "group",
        description="group keeps volumes and patients together; slice is the leaky variant; file takes the parts of "
        "split.file",
    )
    file: str | None = Field(
        None, description="for by: file, the table with the columns id and part (train, validation or test)"
    )
    train: float = Field(698, gt=0, description="share of the training part, in any unit")
    validation: float = Field(114, gt=0, description="share of the validation part")
    test: float = Field(117, gt=0, description="share of the test part; with folds it is one fold")
    seed: int = Field(0, ge=0, description="seed of the assignment")
    folds: int | None = Field(
        None,
        ge=3,
        description="cross-validation: all slices are cut into so many test folds, and seed s of `seeds` tests on fold "
        "s mod folds; null: all seeds share one test part",
    )
