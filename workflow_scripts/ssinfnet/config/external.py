"""Section `methods.X.external`: a method whose maps another program has predicted."""

from pydantic import Field, model_validator

from ssinfnet.config.base import Section

SEED = "{seed}"
"""What stands for the seed in the name of a folder."""


class External(Section):
    """Folders of nnU-Net's predictions; without `infection` the method is trained here.

    A folder for each seed has `{seed}` in its name. Without it the predictions are one run, that of the first seed.
    """

    infection: str | None = Field(
        None,
        description="folder of nnU-Net's predictions of the validation and test slices, {seed} in it for the seed; "
        "none: the method is trained here",
    )
    classes: str | None = Field(
        None, description="the same of the test slices' classes; none: the method is in no table of classes"
    )
    patients_infection: str | None = Field(
        None, description="the same of the patients' slices; none: the method is in no table of severity"
    )
    patients_classes: str | None = Field(None, description="the same of their classes")

    @model_validator(mode="after")
    def _check(self) -> "External":
        given = {name: folder for name, folder in self if folder is not None}
        if given and not self.infection:
            raise ValueError(f"{next(iter(given))} is given, so infection must name a folder of predictions as well")
        if self.patients_classes and not self.patients_infection:
            raise ValueError("patients_classes is given, so patients_infection must name a folder as well")
        if len({SEED in folder for folder in given.values()}) > 1:
            raise ValueError(f"either all folders have {SEED} in their name, or none has")
        return self

    @property
    def by_seed(self) -> bool:
        """Whether there are predictions of each seed."""
        return SEED in (self.infection or "")
