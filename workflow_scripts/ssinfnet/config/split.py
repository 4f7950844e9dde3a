"""Section `split`: training, validation and test."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from ssinfnet.config.base import Section

LabelBudget = Literal["all"] | Annotated[int, Field(ge=1)]
"""How many training slices keep their labels."""


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
    labels: LabelBudget | tuple[LabelBudget, ...] = Field(
        "all",
        description="training slices whose labels are used, drawn in whole groups by the seed of the training; a list "
        "trains each method with each number",
    )
    folds: int | None = Field(
        None,
        ge=3,
        description="cross-validation: all slices are cut into so many test folds, and seed s of `seeds` tests on fold "
        "s mod folds; null: all seeds share one test part",
    )

    @field_validator("labels", mode="before")
    @classmethod
    def _budgets(cls, value: Any) -> Any:
        budgets = value if isinstance(value, list | tuple) else [value]
        for one in budgets:
            if one != "all" and (type(one) is not int or one < 1):
                raise ValueError("must be all, a whole number from 1, or a list of these")
        if len(set(budgets)) < len(budgets) or not budgets:
            raise ValueError("must be a list of different numbers of labels, such as [5, 10, all]")
        return value
