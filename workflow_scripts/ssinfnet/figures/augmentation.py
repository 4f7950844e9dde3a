"""What augmentation makes of training slices, like the paper's Fig. 5."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib import rc_context
from matplotlib.figure import Figure

from ssinfnet.config.augmentation import Augmentation
from ssinfnet.config.methods import Method
from ssinfnet.figures import contours
from ssinfnet.figures.style import STYLE, notice
from ssinfnet.training import augmentation

SLICES, EPOCHS = 2, 5
NOTHING = "None of the configured methods augments its training slices."


def choose(lesions: Sequence[int]) -> list[int]:
    """The positions, in the training set, of the slices with the most lesion pixels."""
    return sorted(range(len(lesions)), key=lambda index: (-lesions[index], index))[:SLICES]


def draw(
    images: torch.Tensor,
    masks: torch.Tensor,
    indices: Sequence[int],
    names: Sequence[str],
    methods: Mapping[str, Method],
    *,
    seed: int,
    classes: bool,
) -> Figure:
    """Per augmentation and slice: the slice as it is, and as the first epochs of fine-tuning with `seed` see it.

    `images` is uint8 (N, 1, S, S), `masks` uint8 (N, S, S) with class codes, or 0 and 1 where `classes` is false;
    `indices` are the positions of the N slices in the training set, as the draws depend on them, `names` their ids.
    Methods with the same augmentation share their rows.
    """
    users: dict[Augmentation, list[str]] = {}
    for method in methods.values():
        users.setdefault(method.augmentation, []).append(method.label)
    plain = users.pop(Augmentation(), [])
    if not users:
        return notice(NOTHING)
    size = images.shape[-1]
    with rc_context(STYLE):
        titles = ["slice", *(f"epoch {epoch}" for epoch in range(1, EPOCHS + 1))]
        figure, axes = contours.grid(len(users) * len(images), titles, lines=1)
        for position, (changes, labels) in enumerate(users.items()):
            rows = axes[position * len(images) : (position + 1) * len(images)]
            for column in range(EPOCHS + 1):
                batch = images, masks
                if column:
                    drawn = augmentation.draw(changes, seed, column - 1, indices)
                    batch = augmentation.apply(drawn, images, masks, None, size)[:2]
                for row, image, mask in zip(rows, *batch, strict=True):
                    contours.show(row[column], image[0].numpy())
                    _outline(row[column], mask.numpy(), classes)
            for row, name in zip(rows, names, strict=True):
                row[0].set_ylabel("\n".join(labels))
                row[0].set_xlabel(name)
        as_is = f" Without augmentation, so always as the first column: {', '.join(plain)}." if plain else ""
        note = f"Image and mask share the geometry; the grey patch covers the image alone.{as_is} {contours.GREY}"
        contours.legend(figure, contours.CLASS_ENTRIES if classes else contours.INFECTION_ENTRIES[:1], note)
    return figure


def _outline(axis, mask: np.ndarray, classes: bool) -> None:
    if classes:
        contours.draw_classes(axis, mask)
    else:
        contours.contour(axis, mask > 0, **contours.TRUTH)
