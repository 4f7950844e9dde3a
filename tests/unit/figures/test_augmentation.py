import json

import numpy as np
import pandas as pd
import pytest
import torch

import plot_augmentation
from ssinfnet.config.augmentation import Augmentation
from ssinfnet.config.methods import Method
from ssinfnet.figures import augmentation as augmentation_figure
from ssinfnet.slices import store
from ssinfnet.training import augmentation

CHANGES = {"horizontal_flip": 0.5, "rotations": [0, 90, 180, 270], "crop": 0.7, "cutout": 0.5}
METHODS = {
    "plain": Method(label="Plain"),
    "changed": Method(label="Changed", augmentation=CHANGES),
    "both": Method(label="Both", pretext="inpainting", augmentation=CHANGES),
    "little": Method(label="Little", augmentation={"vertical_flip": 1}),
}


@pytest.fixture
def batch():
    random = np.random.default_rng(0)
    images = torch.from_numpy(random.integers(0, 256, (2, 1, 16, 16)).astype(np.uint8))
    masks = torch.zeros((2, 16, 16), dtype=torch.uint8)
    masks[:, 4:9, 4:9] = 1
    masks[:, 9:12, 4:9] = 2
    return images, masks


def draw(batch, methods, **options):
    options = {"seed": 3, "classes": True, **options}
    return augmentation_figure.draw(*batch, [5, 2], ["s5", "s2"], methods, **options)


def test_methods_with_one_augmentation_share_rows_and_plain_ones_are_named(batch):
    figure = draw(batch, METHODS)
    labels = [axis.get_ylabel() for axis in figure.axes if axis.get_ylabel()]
    assert labels == ["Changed\nBoth"] * 2 + ["Little"] * 2
    assert "first column: Plain." in figure.legends[0].get_title().get_text().replace("\n", " ")


def test_the_pictures_are_what_training_sees(batch):
    figure = draw(batch, {"changed": METHODS["changed"]})
    for epoch in range(augmentation_figure.EPOCHS):
        drawn = augmentation.draw(Augmentation(**CHANGES), 3, epoch, [5, 2])
        expected = augmentation.apply(drawn, *batch, None, 16)[0]
        for row in range(2):
            shown = figure.axes[row * 6 + 1 + epoch].images[0].get_array()
            np.testing.assert_array_equal(shown, expected[row, 0].numpy())


def test_without_augmentation_the_picture_says_so(batch):
    assert [text.get_text() for text in draw(batch, {"plain": METHODS["plain"]}).texts] == [augmentation_figure.NOTHING]


def test_infection_masks_have_one_contour(batch):
    figure = draw(batch, {"little": METHODS["little"]}, classes=False)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["truth"]


def test_the_largest_lesions_are_chosen():
    assert augmentation_figure.choose([0, 5, 9, 9, 1]) == [2, 3]
    assert augmentation_figure.choose([4]) == [0]


@pytest.mark.parametrize("classes", [True, False])
def test_the_command_draws(tmp_path, classes):
    names = ["a", "b", "c"]
    pd.DataFrame({"id": names, "group": names, "part": ["train", "train", "test"]}).to_csv(
        tmp_path / "split.csv", index=False
    )
    with store.create_store(tmp_path / "slices.h5") as writer:
        for name in names:
            mask = np.zeros((40, 30), dtype=np.uint8)
            mask[10:20, 10:20] = 1
            writer.add(name, group=name, origin="made here", image=np.full((40, 30), 80, np.uint8), mask=mask)
    methods = {"changed": {"label": "Changed", "augmentation": CHANGES}}
    config = {"methods": methods, "labelled": {"classes": classes}, "single": {"training": {"size": 32}}}
    options = [f"--slices={tmp_path}/slices.h5", f"--split={tmp_path}/split.csv", f"--out={tmp_path}/picture.png"]
    plot_augmentation.main(["--config-json", json.dumps(config), "--seed=0", *options])
    assert (tmp_path / "picture.png").stat().st_size > 10_000
