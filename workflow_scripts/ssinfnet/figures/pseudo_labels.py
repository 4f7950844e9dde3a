"""What a student learns from: unlabelled slices with the teacher's map, and its outline at 0.5."""

from collections.abc import Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from ssinfnet.figures import contours
from ssinfnet.figures.style import STYLE, YELLOW

SLICES = 6
NOTE = contours.GREY + " Below: the map from which the student learns, from 0 (black) to 1 (white)."


def draw(slices: Sequence[tuple[str, np.ndarray, np.ndarray]], student: str, teacher: str) -> Figure:
    """A column per slice; each is id, image uint8 (S, S) and infection float (S, S) in [0, 1]. Names are for people."""
    with rc_context(STYLE):
        figure, axes = contours.grid(2, [name for name, _, _ in slices], lines=1)
        figure.suptitle(f"{student}: pseudo labels by {teacher}")
        for (above, below), (_, image, infection) in zip(axes.T, slices, strict=True):
            contours.show(above, image)
            contours.contour(above, infection >= 0.5, **contours.INFECTION)
            contours.show(below, infection.astype(np.float32))
            below.set_xlabel(f"{(infection >= 0.5).mean():.1%} of the pixels, largest {infection.max():.2f}")
        contours.legend(figure, [("0.5 or more in the map", YELLOW, contours.SOLID)], NOTE)
    return figure
