"""Section `cleaning`: which of the patients' slices to trust."""

from pydantic import Field, model_validator

from ssinfnet.config.base import Section


class Cleaning(Section):
    """Limits of a slice's lungs; a slice outside of one is rejected with that reason."""

    min_area: float = Field(0.01, ge=0, le=1, description="least share of the field of view")
    max_area: float = Field(0.60, ge=0, le=1, description="largest share of the field of view")
    min_balance: float = Field(0.40, ge=0, le=1, description="least ratio of the smaller to the larger lung")
    max_components: int = Field(4, ge=1, description="most separate pieces")
    max_border: float = Field(0.02, ge=0, le=1, description="largest share of the outline on the picture's edge")
    min_solidity: float = Field(0.53, ge=0, le=1, description="least mean ratio of a lung to its convex hull")
    exclusions: str | None = Field(None, description="hand-kept CSV with columns id and reason; always wins")

    @model_validator(mode="after")
    def _check(self) -> "Cleaning":
        if self.min_area >= self.max_area:
            raise ValueError("min_area must be below max_area")
        return self
