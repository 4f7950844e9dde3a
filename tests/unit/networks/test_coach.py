"""The coach and the masks made of its scores."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ssinfnet.networks.coach import STRIDE, Coach, cells_within, hard_mask, random_scores, soft_mask, upsample


def scores(*shape: int, seed: int = 0) -> torch.Tensor:
    return random_scores(shape, torch.Generator().manual_seed(seed))


def test_one_score_per_cell():
    with torch.device("meta"):
        coach = Coach()
        assert coach(torch.empty(2, 3, 128, 352)).shape == (2, 1, 128 // STRIDE, 352 // STRIDE)


def test_paper_masks_keep_48_of_64_cells_of_every_sample():
    mask = hard_mask(scores(16, 1, 8, 8), 0.75)
    assert mask.sum(dim=(1, 2, 3)).tolist() == [48] * 16
    pixels = upsample(mask, 128)
    assert pixels.shape == (16, 1, 128, 128)
    assert (1 - pixels).sum(dim=(1, 2, 3)).tolist() == [16 * STRIDE**2] * 16


@given(st.integers(1, 9), st.integers(1, 9), st.floats(0.01, 0.99), st.integers(0, 1000), st.booleans())
def test_hard_mask_keeps_the_highest_exactly(height, width, keep_ratio, seed, coarse):
    values = scores(3, 1, height, width, seed=seed)
    if coarse:  # many equal scores
        values = (values * 3).floor()
    mask = hard_mask(values, keep_ratio)
    k = max(1, round(keep_ratio * height * width))
    assert set(mask.unique().tolist()) <= {0.0, 1.0}
    assert mask.sum(dim=(1, 2, 3)).tolist() == [k] * 3
    for sample, kept in zip(values, mask.bool(), strict=True):
        if not kept.all():
            assert sample[kept].min() >= sample[~kept].max()


def test_of_equal_scores_the_earlier_cells_are_kept():
    assert hard_mask(torch.zeros(1, 1, 2, 4), 0.5).flatten().tolist() == [1, 1, 1, 1, 0, 0, 0, 0]


def test_soft_mask_by_hand():
    values = torch.tensor([3.0, 1.0, 0.0, 2.0]).view(1, 1, 2, 2)
    # Half of four cells: the second largest score, 2, is the threshold.
    expected = torch.sigmoid(torch.tensor([1.0, -1.0, -2.0, 0.0]))
    torch.testing.assert_close(soft_mask(values, 0.5).flatten(), expected)
    torch.testing.assert_close(soft_mask(values, 0.5, alpha=3.0).flatten(), torch.sigmoid(3 * expected.logit()))


@given(st.floats(0.05, 0.95), st.integers(0, 1000))
def test_soft_mask_sharpens_to_the_hard_mask(keep_ratio, seed):
    values = torch.randperm(64, generator=torch.Generator().manual_seed(seed)).view(1, 1, 8, 8).float()
    assert torch.equal((soft_mask(values, keep_ratio, alpha=100) >= 0.5).float(), hard_mask(values, keep_ratio))


def test_outside_of_the_allowed_cells_everything_is_kept():
    values = torch.tensor([[5.0, 1.0, 4.0, 3.0, 2.0, 0.0], [5.0, 1.0, 4.0, 3.0, 2.0, 0.0]]).view(2, 1, 2, 3)
    allowed = torch.tensor([[0, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0]]).view(2, 1, 2, 3).bool()
    # Of four allowed cells two are kept, those with 4 and 3; the second sample has none to erase.
    assert hard_mask(values, 0.5, allowed).flatten(1).tolist() == [[1, 0, 1, 1, 0, 1], [1] * 6]
    soft = soft_mask(values, 0.5, allowed).flatten(1)
    expected = torch.sigmoid(torch.tensor([1.0 - 3, 4 - 3, 3 - 3, 2 - 3]))
    torch.testing.assert_close(soft[0, 1:5], expected)
    assert soft[0, [0, 5]].tolist() == [1, 1] and soft[1].tolist() == [1] * 6


@pytest.mark.parametrize(("count", "erased"), [(1, 1), (2, 1), (3, 1), (6, 2), (8, 2)])
def test_of_few_allowed_cells_one_is_erased(count, erased):
    allowed = (torch.arange(12) < count).view(1, 1, 3, 4)
    mask = hard_mask(scores(1, 1, 3, 4), 0.75, allowed)
    assert (mask == 0).sum() == erased and not (mask == 0)[~allowed].any()


def test_the_gradient_through_a_sample_without_allowed_cells_is_finite():
    values = scores(2, 1, 2, 2).requires_grad_()
    allowed = torch.tensor([True, False]).view(2, 1, 1, 1).expand(2, 1, 2, 2)
    soft_mask(values, 0.5, allowed).square().sum().backward()
    assert values.grad.isfinite().all() and values.grad[0].any() and not values.grad[1].any()


def test_all_cells_allowed_is_as_none_said():
    values = scores(3, 1, 5, 4)
    allowed = torch.ones_like(values, dtype=torch.bool)
    for make in (hard_mask, soft_mask):
        torch.testing.assert_close(make(values, 0.6, allowed), make(values, 0.6), rtol=0, atol=0)


def test_a_cell_is_within_an_area_that_covers_half_of_it():
    area = torch.zeros(1, 32, 32, dtype=torch.uint8)
    area[0, :8, :16] = 1  # half of the first cell
    area[0, 16:23, 16:] = 1  # less than half of the last
    assert cells_within(area).flatten().tolist() == [True, False, False, False]


def test_gradient_reaches_the_coach_through_the_mask():
    torch.manual_seed(0)
    coach = Coach(width=4).train()
    image = torch.randn(2, 3, 64, 64)
    (upsample(soft_mask(coach(image), 0.75), 64) * torch.randn(2, 1, 64, 64)).sum().backward()
    for name, parameter in coach.named_parameters():
        # A constant added to all scores moves the threshold as well, so the last bias decides nothing.
        if parameter.ndim > 1:
            assert parameter.grad.any(), name


def test_masks_are_deterministic_in_eval():
    torch.manual_seed(0)
    coach, image = Coach(width=4).eval(), torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(hard_mask(coach(image), 0.75), hard_mask(coach(image), 0.75))
        # Batch norm in eval mode: a sample's mask does not hang on its neighbours.
        torch.testing.assert_close(coach(image)[:1], coach(image[:1]), atol=1e-5, rtol=1e-4)


def test_random_scores_follow_their_generator_alone():
    state = torch.get_rng_state()
    assert torch.equal(scores(2, 1, 8, 8, seed=5), scores(2, 1, 8, 8, seed=5))
    assert not torch.equal(scores(2, 1, 8, 8, seed=5), scores(2, 1, 8, 8, seed=6))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("size", [128, (128, 256)])
def test_upsample_repeats_cells(size):
    mask = hard_mask(scores(1, 1, 8, 8), 0.75)
    pixels = upsample(mask, size)
    columns = pixels.shape[-1] // 8
    assert torch.equal(pixels, mask.repeat_interleave(16, dim=2).repeat_interleave(columns, dim=3))
