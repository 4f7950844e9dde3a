import numpy as np
from chest_scan import Chest

from ssinfnet.config.cleaning import Cleaning
from ssinfnet.lungs.picture_scan import find_lungs
from ssinfnet.slices.window import LUNG_WINDOW, to_grey


def test_each_slice_has_both_lungs_and_a_verdict():
    chest = Chest()
    places = [0, 20, 30, 40]
    pictures = np.stack([to_grey(chest.values[place], LUNG_WINDOW) for place in places])
    lungs, quality = find_lungs(pictures, "closed", Cleaning())
    truth = chest.lungs[places]
    for code in (1, 2):
        assert 2 * ((lungs == code) & (truth == code)).sum() / ((lungs == code).sum() + (truth == code).sum()) > 0.95
    assert quality["id"].tolist() == ["0", "1", "2", "3"]
    assert quality["verdict"].tolist() == ["rejected", "kept", "kept", "kept"]
    assert quality["reason"][0] == "no lungs found"
