"""What a pretext task is shown of a slice, what it has to say, and where it is erased."""

import torch

from ssinfnet.config.augmentation import Augmentation
from ssinfnet.config.pretext import Pretext
from ssinfnet.pretraining.crops import held_out, make_crops
from ssinfnet.training.data import SliceTensors

SIZES = {"size": 64, "crop": 32, "batch_size": 4}
ALL = Augmentation(horizontal_flip=0.5, vertical_flip=0.5, rotations=(0, 90), crop=0.6, cutout=0.6)


def slices(count=6, **parts):
    generator = torch.Generator().manual_seed(0)
    return SliceTensors(torch.randint(0, 256, (count, 1, 64, 64), dtype=torch.uint8, generator=generator), **parts)


def crops(config, data, number=0, epoch=0):
    return list(make_crops(data, config, number=number, seed=0)(epoch))


def test_the_target_is_the_slice_before_cutout_and_the_input_the_slice_after():
    plain = ALL.model_copy(update={"cutout": 0.0})
    covered = []
    pairs = zip(
        crops(Pretext(augmentation=ALL, **SIZES), slices()),
        crops(Pretext(augmentation=plain, **SIZES), slices()),
        strict=True,
    )
    for cut, whole in pairs:
        assert torch.equal(cut.target, whole.target) and torch.equal(whole.seen, whole.target)
        for seen, target in zip(cut.seen, cut.target, strict=True):
            changed = seen != target
            covered.append(changed.float().mean().item())
            if changed.any():
                assert len(seen[changed].unique()) == 1  # one grey
    assert max(covered) > 0.1


def test_image_prior_and_area_share_one_geometry():
    data = slices()
    data = SliceTensors(data.images, (data.images[:, 0] > 127).byte(), (data.images / 255).half())
    config = Pretext(augmentation=Augmentation(horizontal_flip=0.5, rotations=(0, 90, 180)), **SIZES)
    for batch in crops(config, data):
        torch.testing.assert_close(batch.priors, batch.target, atol=1e-3, rtol=0)
        share = torch.nn.functional.avg_pool2d((batch.target > 0.5).float(), 16)
        assert torch.equal(batch.cells, share >= 0.5)


def test_crops_follow_from_seed_round_and_epoch():
    config = Pretext(augmentation=ALL, **SIZES)
    first, again, other, later = (
        torch.cat([batch.seen for batch in crops(config, slices(), *place)])
        for place in ((0, 0), (0, 0), (2, 0), (0, 1))
    )
    assert torch.equal(first, again) and not torch.equal(first, other) and not torch.equal(first, later)


def test_held_out_crops_are_the_same_every_time_and_as_large_as_those_trained_on():
    data = slices()
    data = SliceTensors(data.images, priors=(data.images / 255).half())
    one, other = held_out(data, Pretext(**SIZES)), held_out(data, Pretext(**SIZES))
    assert one.seen.shape == (6, 1, 32, 32) and torch.equal(one.seen, other.seen) and torch.equal(one.seen, one.target)
    torch.testing.assert_close(one.priors.float(), one.target, atol=1e-3, rtol=0)
