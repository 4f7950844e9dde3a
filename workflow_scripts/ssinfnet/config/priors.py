"""Section `priors`: what the multi network is given as prior while it trains."""

from typing import Literal

from pydantic import Field

from ssinfnet.config.base import Section


class Priors(Section):
    """Source of the training priors."""

    mode: Literal["out_of_fold", "in_sample", "ground_truth"] = Field(
        "out_of_fold", description="predicted by networks that have not seen the slice, by the paper's, or the labels"
    )
    folds: int = Field(5, ge=2, description="for out_of_fold: networks, each trained without its fold")
