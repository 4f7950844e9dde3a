"""What is measured in an epoch is read at its end; the first step whose loss is no number is named."""

import pytest
import torch

from ssinfnet.errors import InputError
from ssinfnet.training.steps import Steps


def noted(*losses: float) -> Steps:
    steps = Steps()
    for place, loss in enumerate(losses):
        value = torch.tensor(loss, requires_grad=True)
        steps.add(2 * value, {"loss": value, "place": torch.tensor(float(place))})
    return steps


def test_means_of_the_measures():
    assert noted(1.0, 2.0, 6.0).means(1, "rate") == {"loss": 3.0, "place": 1.0}


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_the_first_step_that_diverged_is_named(bad):
    with pytest.raises(InputError, match=r"at epoch 4, step 2: training diverged; lower single\.rate"):
        noted(1.0, bad, 1.0, bad).means(4, "single.rate")
