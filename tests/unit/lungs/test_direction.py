"""Whether a stack runs from the head to the feet, on the phantom and on real pictures."""

from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import pytest

from ssinfnet.files.pictures import natural_key, read_grey
from ssinfnet.lungs import direction
from ssinfnet.lungs.direction import DOWN, UNKNOWN, UP
from ssinfnet.lungs.slice_methods import closed
from ssinfnet.slices.window import LUNG_WINDOW, to_grey
from ssinfnet.sources.phantom.generate import subject

REAL = Path(__file__).parents[4] / "shared" / "data"


def told(lungs):
    return direction.of_stack([int(one.sum()) for one in lungs], [direction.between(one) for one in lungs])


@pytest.mark.parametrize(("low", "high"), [(0.12, 0.95), (0.35, 0.75)])
@pytest.mark.parametrize("load", [0.0, 0.3])
def test_phantoms_both_ways(low, high, load):
    patient = subject(np.random.default_rng(2), 96, load)
    stack = [closed(to_grey(patient.render(z).hounsfield, LUNG_WINDOW)) for z in np.linspace(low, high, 8)]
    assert told(stack) == DOWN and told(stack[::-1]) == UP


def test_share_by_hand():
    lungs = np.zeros((20, 30), np.uint8)
    lungs[5:15, 5:10] = lungs[5:15, 20:25] = 1
    assert direction.between(lungs) == pytest.approx(0.5)
    assert np.isnan(direction.between(lungs * 0)) and direction.between(lungs[:, :12]) == 0


@pytest.mark.parametrize(
    ("areas", "shares"),
    [
        ([], []),
        ([1, 1, 1, 1], [0.1, 0.2, 0.3, 0.4]),  # too few
        ([1] * 6, [0.3] * 6),
        ([1] * 6, [0.3, 0.1, 0.4, 0.2, 0.5, 0.1]),
        ([0] * 6, [np.nan] * 6),
        ([1, 1, 1, 1, 0.1, 0.1, 0.1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]),  # the last show hardly any lung
    ],
)
def test_unclear_stacks(areas, shares):
    assert direction.of_stack(areas, shares) == UNKNOWN


@pytest.mark.skipif(not REAL.is_dir(), reason=f"{REAL} is not there")
def test_real_stacks():
    """The last number in a name is the slice's; by eye the two of `DOWN` begin at the head, and all others do not."""
    stacks = defaultdict(list)
    for path in (REAL / "covid-semiseg/unlabelled").glob("*radiopaedia*.jpg"):
        stacks[path.stem.rpartition("_")[0]].append(path)
    stacks["ct-jpg-volume"] = list((REAL / "ct-jpg-volume").glob("*.jpg"))
    found = defaultdict(set)
    for name, paths in stacks.items():
        paths.sort(key=lambda path: natural_key(path.name))
        lungs = []
        for path in paths[:: -(-len(paths) // 12)]:
            image = read_grey(path)
            image = image if name == "ct-jpg-volume" else np.rot90(image).copy()
            lungs.append(closed(cv2.resize(image, (256, 256), interpolation=cv2.INTER_AREA)))
        found[told(lungs)].add(name.rpartition("_")[0] if "4_" in name else name)
    down = {name for name in stacks if name == "ct-jpg-volume" or "85703" in name}
    assert found[DOWN] and found[DOWN] <= down and not found[UP] & down and len(found[UP]) >= 4
