"""Section `labels`: what counts as infection."""

from pydantic import Field

from ssinfnet.config.base import Section


class Labels(Section):
    """Meaning of the class codes 1 GGO, 2 consolidation, 3 pleural effusion."""

    infection: tuple[int, ...] = Field((1, 2), min_length=1, description="codes that the infection mask unites")
