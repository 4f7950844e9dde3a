"""Section `labels`: what counts as infection."""

from pydantic import Field, field_validator

from ssinfnet.config.base import Section


class Labels(Section):
    """Meaning of the class codes 1 GGO, 2 consolidation, 3 pleural effusion."""

    infection: tuple[int, ...] = Field((1, 2), min_length=1, description="codes that the infection mask unites")

    @field_validator("infection")
    @classmethod
    def _codes(cls, codes: tuple[int, ...]) -> tuple[int, ...]:
        if unknown := [str(code) for code in codes if not 1 <= code <= 3]:
            raise ValueError(
                f"{', '.join(unknown)} is no code of a lesion; however masks were stored, the codes are 1 GGO, "
                "2 consolidation and 3 effusion, and 1 where masks tell infection alone"
            )
        return codes
