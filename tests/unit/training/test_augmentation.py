"""Augmentation: one geometry for image, labels and prior; reproducible; the data stay as they are."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ssinfnet.config.augmentation import Augmentation
from ssinfnet.networks.intensity import normalise, to_unit
from ssinfnet.training import augmentation

NONE = Augmentation()
GEOMETRY = Augmentation(horizontal_flip=0.5, vertical_flip=0.5, rotations=(0, 90, 180, 270), crop=0.6)
ALL = GEOMETRY.model_copy(update={"cutout": 0.5})
augmentations = st.builds(
    Augmentation,
    horizontal_flip=st.floats(0, 1),
    vertical_flip=st.floats(0, 1),
    rotations=st.lists(st.sampled_from((0, 90, 180, 270)), min_size=1, max_size=4).map(tuple),
    crop=st.floats(0.3, 1),
)


def labels(count: int = 4, size: int = 32) -> torch.Tensor:
    return torch.randint(0, 4, (count, size, size), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


def images(count: int = 4, size: int = 32) -> torch.Tensor:
    shape = (count, 1, size, size)
    return torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(1), dtype=torch.uint8)


@settings(deadline=None, max_examples=60)
@given(augmentations, st.integers(0, 100), st.integers(0, 100), st.sampled_from((24, 32, 48)))
def test_labels_are_those_of_the_place_that_image_and_prior_show(config, seed, epoch, size):
    # The image holds each pixel's column and the prior its row, so the result says where it was taken from.
    edge = 32
    ramp = torch.arange(edge) / (edge - 1)
    columns, rows = ramp.expand(3, 1, edge, edge), ramp[:, None].expand(3, 1, edge, edge)
    original = labels(3, edge)
    draw = augmentation.draw(config, seed, epoch, range(3))
    image, result, prior = augmentation.apply(draw, columns, original, rows, size)
    assert image.shape == prior.shape == (3, 1, size, size) and result.shape == (3, size, size)
    x, y = image[:, 0] * (edge - 1), prior[:, 0] * (edge - 1)
    # Halfway between two pixels either one is the nearest.
    clear = ((x - x.floor() - 0.5).abs() > 1e-3) & ((y - y.floor() - 0.5).abs() > 1e-3)
    expected = original[torch.arange(3)[:, None, None], y.round().long(), x.round().long()]
    assert torch.equal(result[clear], expected[clear])
    assert result.dtype == torch.uint8


def test_soft_labels_move_as_the_prior_does():
    soft = torch.rand(4, 32, 32, generator=torch.Generator().manual_seed(2)).half()
    draw = augmentation.draw(GEOMETRY, 0, 0, range(4))
    _, moved, prior = augmentation.apply(draw, images(), soft, soft[:, None], 48)
    assert moved.dtype == torch.float16
    torch.testing.assert_close(moved.float(), prior[:, 0], atol=1e-3, rtol=0)
    assert len(moved.unique()) > len(soft.unique())  # not nearest neighbour


def test_flips_and_turns_are_the_plain_ones():
    image = images(1).float() / 255
    still = augmentation.draw(NONE, 0, 0, [0])
    for turns in range(4):
        for up_down in (False, True):
            for left_right in (False, True):
                draw = augmentation.Draw(
                    still.crop, torch.tensor([turns]), torch.tensor([[up_down, left_right]]), still.cutout, still.grey
                )
                axes = [axis for axis, flips in ((2, up_down), (3, left_right)) if flips]
                expected = image.rot90(turns, (2, 3)).flip(axes)
                result, mask, _ = augmentation.apply(draw, image, labels(1), None, 32)
                torch.testing.assert_close(result, expected, atol=1e-4, rtol=0)
                assert torch.equal(mask, labels(1).rot90(turns, (1, 2)).flip([axis - 1 for axis in axes]))


def test_crop_is_the_part_that_was_drawn():
    still = augmentation.draw(NONE, 0, 0, [0])
    crop = torch.tensor([[0.5, 0.25, 0.5]], dtype=torch.float64)  # edge, top, left of 32 pixels
    draw = augmentation.Draw(crop, still.turns, still.flips, still.cutout, still.grey)
    image, mask, _ = augmentation.apply(draw, images(1), labels(1), None, 16)
    torch.testing.assert_close(image, images(1)[:, :, 8:24, 16:32] / 255, atol=1e-4, rtol=0)
    assert torch.equal(mask, labels(1)[:, 8:24, 16:32])


@given(augmentations, st.integers(0, 1000))
def test_crops_lie_within_the_slice_and_are_no_smaller_than_configured(config, seed):
    edge, top, left = augmentation.draw(config, seed, 0, range(8)).crop.T
    assert (edge >= config.crop - 1e-12).all() and (edge <= 1).all()
    for start in (top, left):
        assert (start >= 0).all() and (start + edge <= 1 + 1e-12).all()


def test_without_augmentation_everything_stays_exactly():
    prior = torch.rand(4, 1, 32, 32, generator=torch.Generator().manual_seed(2))
    draw = augmentation.draw(NONE, 3, 7, range(4))
    image, mask, same_prior = augmentation.apply(draw, images(), labels(), prior, 32)
    assert torch.equal(image, images().float() / 255)
    assert torch.equal(mask, labels())
    assert torch.equal(same_prior, prior)


@pytest.mark.parametrize("index", range(8))
@pytest.mark.parametrize("config", [ALL, Augmentation(horizontal_flip=0.5)])
def test_a_slice_gets_the_same_in_every_batch(config, index):
    together = augmentation.draw(config, 1, 2, [9, index, 10])
    alone = augmentation.draw(config, 1, 2, [index])
    for name, value in vars(alone).items():
        assert torch.equal(vars(together)[name][1:2], value), name
    one = augmentation.apply(together, images(3), labels(3), None, 32)
    other = augmentation.apply(alone, images(3)[1:2], labels(3)[1:2], None, 32)
    assert torch.equal(one[0][1:2], other[0]) and torch.equal(one[1][1:2], other[1])


def test_seed_epoch_and_slice_each_change_the_draw_and_nothing_else_does():
    state = torch.get_rng_state()
    base = augmentation.draw(ALL, 1, 2, [3])
    assert torch.equal(base.crop, augmentation.draw(ALL, 1, 2, [3]).crop)
    for key in ((0, 2, 3), (1, 0, 3), (1, 2, 0), (2, 1, 3)):
        assert not torch.equal(base.crop, augmentation.draw(ALL, key[0], key[1], [key[2]]).crop)
    assert torch.equal(torch.get_rng_state(), state)


def test_draws_have_the_configured_shares():
    config = ALL.model_copy(update={"horizontal_flip": 0.2, "vertical_flip": 0.7, "rotations": (0, 270)})
    draw = augmentation.draw(config, 0, 0, range(2000))
    up_down, left_right = draw.flips.double().mean(dim=0).tolist()
    assert (up_down, left_right) == (pytest.approx(0.7, abs=0.05), pytest.approx(0.2, abs=0.05))
    assert set(draw.turns.tolist()) == {0, 3}
    assert (draw.turns == 3).double().mean().item() == pytest.approx(0.5, abs=0.05)
    assert draw.crop[:, 0].mean().item() == pytest.approx(0.8, abs=0.02)
    assert draw.cutout[:, 0].max().item() == pytest.approx(0.5, abs=0.01)
    assert draw.grey.mean().item() == pytest.approx(0.5, abs=0.05)


@settings(deadline=None, max_examples=40)
@given(st.floats(0, 1), st.integers(0, 1000), st.sampled_from((16, 33)))
def test_cutout_is_one_grey_rectangle_no_larger_than_configured(share, seed, size):
    # An image of values that no grey equals.
    image = torch.full((4, 1, size, size), -1.0)
    prior = torch.full((4, 1, size, size), 0.5)
    draw = augmentation.draw(Augmentation(cutout=share), seed, 0, range(4))
    result, mask, same_prior = augmentation.apply(draw, image, labels(4, size), prior, size)
    assert torch.equal(mask, labels(4, size)) and torch.equal(same_prior, prior)
    for picture, grey in zip(result[:, 0], draw.grey, strict=True):
        patch = picture != -1
        height, width = patch.any(dim=1).sum().item(), patch.any(dim=0).sum().item()
        assert patch.sum().item() == height * width
        assert max(height, width) <= share * size
        assert (picture[patch] == grey.float()).all()


def test_cutouts_reach_the_configured_size_and_every_corner():
    draw = augmentation.draw(Augmentation(cutout=0.4), 0, 0, range(2000))
    result, _, _ = augmentation.apply(draw, torch.full((2000, 1, 10, 10), -1.0), None, None, 10)
    patch = result[:, 0] != -1
    assert patch.any(dim=2).sum(dim=1).max().item() == 3  # sides are below 4 of 10 pixels, and whole
    assert patch.any(dim=0).all()


@pytest.mark.parametrize("config", [NONE, ALL])
def test_the_cached_data_stay_unchanged(config):
    cached, masks, priors = images(8), labels(8), images(8).float() / 255
    before = [tensor.clone() for tensor in (cached, masks, priors)]
    for size in (24, 32):
        for start in (0, 4):
            part = slice(start, start + 4)
            draw = augmentation.draw(config, 0, 0, range(start, start + 4))
            augmentation.apply(draw, cached[part], masks[part], priors[part], size)
    assert all(torch.equal(tensor, copy) for tensor, copy in zip((cached, masks, priors), before, strict=True))


@settings(deadline=None, max_examples=20)
@given(augmentations, st.integers(0, 100), st.sampled_from((20, 32, 45)))
def test_labels_stay_in_their_set_and_intensities_in_their_range(config, seed, size):
    codes = torch.where(labels() > 1, 3, 0).to(torch.uint8)
    draw = augmentation.draw(config.model_copy(update={"cutout": 0.5}), seed, 0, range(4))
    image, mask, _ = augmentation.apply(draw, images(), codes, None, size)
    assert set(mask.unique().tolist()) <= {0, 3}
    assert image.min() >= 0 and image.max() <= 1


def test_normalisation_by_hand():
    grey = torch.tensor([[[0, 255]]], dtype=torch.uint8)
    expected = [[-0.485 / 0.229, 0.515 / 0.229], [-0.456 / 0.224, 0.544 / 0.224], [-0.406 / 0.225, 0.594 / 0.225]]
    result = normalise(grey)
    torch.testing.assert_close(result[0, :, 0], torch.tensor(expected))
    assert torch.equal(result, normalise(grey[:, None]))
    assert torch.equal(result, normalise(to_unit(grey)))
    assert torch.equal(
        normalise(torch.full((1, 1, 2), 0.5, dtype=torch.float16)), normalise(torch.full((1, 1, 2), 0.5))
    )
    with pytest.raises(ValueError, match="not grey"):
        normalise(torch.zeros(1, 3, 4, 4))
