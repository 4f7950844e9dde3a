"""A scan on one picture: axial slices with outlines from apex to base, and a coronal projection."""

import numpy as np
from matplotlib import colormaps, patheffects, rc_context
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize, to_rgb
from matplotlib.figure import Figure

from ssinfnet.figures import contours
from ssinfnet.figures.contours import CLASSES, INFECTION
from ssinfnet.figures.style import BLUE, STYLE
from ssinfnet.slices.sampling import spread
from ssinfnet.slices.window import to_grey

COLUMNS, ROWS = 4, 3
BAR = 50  # mm
FEWEST = 8
"""Slices from which on a projection shows something."""
_LUNGS = {"colors": BLUE, "linestyles": "solid", "linewidths": 0.8}
_DEPTH = ListedColormap(colormaps["inferno"](np.linspace(0.3, 1, 256)))  # its darkest colours look like healthy lung
_RIM = [patheffects.withStroke(linewidth=3, foreground="black", alpha=0.7)]
_MARGIN = 0.06
_CELL = 2.2  # inches
_TALL = 0.8
"""Height of a projection over its width where nobody knows how far slices are apart."""


def draw(
    values: np.ndarray,
    lungs: np.ndarray,
    infection: np.ndarray,
    classes: np.ndarray | None,
    *,
    spacing: tuple[float, float, float] | None,
    window: tuple[float, float] | None,
    title: str,
) -> Figure:
    """The overview of arrays (slices, rows, columns) of one shape, head first, seen from the feet.

    `values` are HU with `window` (shown as black and as white), or grey levels, uint8, without one. `lungs` and
    `classes` are codes, `infection` is bool; `spacing` is in mm, and without it there is no scale.
    """
    rows, columns, span = _box(lungs)
    shown = spread(range(span.start, span.stop), COLUMNS * ROWS)
    across = min(COLUMNS, len(shown))
    lines, cell = -(-len(shown) // across), _CELL * min(COLUMNS / across, 2)
    with_projection = span.stop - span.start >= FEWEST
    row_mm, column_mm = (1.0, 1.0) if spacing is None else spacing[1:]
    aspect = row_mm / column_mm
    tall = (rows.stop - rows.start) / (columns.stop - columns.start) * aspect
    width = COLUMNS * _CELL + (1.35 * COLUMNS * _CELL / 2 if with_projection else 0)
    with rc_context(STYLE):
        figure = Figure(figsize=(width, max(lines * (cell * tall + 0.2), 2.6) + 1.1), layout="constrained")
        figure.suptitle(title, fontsize=11)
        left, *right = figure.subfigures(1, 2, width_ratios=[1, 0.6]) if with_projection else [figure]
        axes = left.subplots(lines, across, squeeze=False).ravel()
        for axis in axes:
            contours.blank(axis)
        for axis, position in zip(axes, shown, strict=False):
            cut = (position, rows, columns)
            image = values[cut] if window is None else to_grey(values[cut], window)
            lesions = None if classes is None else classes[cut]
            _slice(axis, image, lungs[cut], infection[cut], lesions, aspect)
            axis.set_title(f"slice {position + 1} of {len(values)}", fontsize=7, loc="center", pad=2)
        _sides(axes[0])
        if spacing is not None:
            _scale(axes[0], column_mm)
        if right:
            axis = right[0].subplots()
            _project(axis, values, lungs, infection, (span, rows, columns), spacing)
        note = "Axial slices from apex to base, seen from the feet: the patient's right lung is on the left."
        entries = [("lungs", BLUE, "solid"), ("infection", INFECTION["colors"], INFECTION["linestyles"])]
        if classes is not None:
            entries += [(name, colour, "solid") for name, colour, _ in CLASSES.values()]
            note += " GGO and consolidation are tinted."
        contours.legend(figure, entries, note if spacing else f"{note} Pictures have no known scale.")
    return figure


def _box(lungs: np.ndarray) -> tuple[slice, slice, slice]:
    """Rows, columns and slices around the lungs, with a margin in the picture; all of them without any lung."""
    found = []
    for axis, margin in ((1, _MARGIN), (2, _MARGIN), (0, 0)):
        size = lungs.shape[axis]
        places = np.flatnonzero((lungs > 0).any(axis=tuple({0, 1, 2} - {axis})))
        first, last = (places[0], places[-1]) if len(places) else (0, size - 1)
        more = round(margin * size)
        found.append(slice(max(first - more, 0), min(last + 1 + more, size)))
    return tuple(found)


def _slice(
    axis: Axes, image: np.ndarray, lungs: np.ndarray, infection: np.ndarray, classes: np.ndarray | None, aspect: float
) -> None:
    contours.show(axis, image)
    axis.set_aspect(aspect)
    if classes is not None:
        tint = np.zeros((*classes.shape, 4))
        for code, (_, colour, _) in CLASSES.items():
            tint[(classes == code) & (lungs > 0)] = (*to_rgb(colour), 0.45)
        axis.imshow(tint, aspect=aspect, interpolation="nearest")
    contours.contour(axis, lungs > 0, **_LUNGS)
    contours.contour(axis, infection & (lungs > 0), **{**INFECTION, "linewidths": 0.9})


def _project(
    axis: Axes,
    values: np.ndarray,
    lungs: np.ndarray,
    infection: np.ndarray,
    cut: tuple[slice, slice, slice],
    spacing: tuple[float, float, float] | None,
) -> None:
    """Seen from the front: the mean of all rows, and over it how much of the depth of the lungs is infected."""
    inside = lungs[cut] > 0
    mean = values[cut].mean(axis=1, dtype=np.float32)
    low, high = np.percentile(mean, (1, 99))
    depth = inside.sum(axis=1)
    share = np.divide((infection[cut] & inside).sum(axis=1), depth, out=np.zeros(depth.shape), where=depth > 0)
    aspect = _TALL * mean.shape[1] / len(mean) if spacing is None else spacing[0] / spacing[2]
    contours.show(axis, np.clip((mean - low) / max(high - low, 1), 0, 1))
    colours = _DEPTH(share)
    colours[..., 3] = np.where(share > 0, 0.8, 0)
    axis.imshow(colours, interpolation="nearest")
    axis.set_aspect(aspect)
    contours.contour(axis, depth > 0, **_LUNGS)
    height = "" if spacing else "; height not to scale"
    axis.set_title(f"Coronal projection, from the front{height}", fontsize=8, loc="center", pad=2)
    _sides(axis)
    if spacing is not None:
        _scale(axis, spacing[2])
    bar = axis.figure.colorbar(
        ScalarMappable(Normalize(0, 100), _DEPTH), ax=axis, orientation="horizontal", shrink=0.6, pad=0.02
    )
    bar.set_label("infected share of the lung's depth (%)", fontsize=7)
    bar.ax.tick_params(labelsize=7)


def _sides(axis: Axes) -> None:
    for place, name in ((0.03, "R"), (0.97, "L")):
        axis.text(
            place,
            0.97,
            name,
            transform=axis.transAxes,
            color="white",
            fontsize=8,
            ha="center",
            va="top",
            path_effects=_RIM,
        )


def _scale(axis: Axes, column_mm: float) -> None:
    """A bar of `BAR` mm at the lower right."""
    (left, right), (bottom, top) = axis.get_xlim(), axis.get_ylim()
    end, height = right - 0.04 * (right - left), bottom + 0.06 * (top - bottom)
    look = {"color": "white", "path_effects": _RIM}
    axis.plot([end - BAR / column_mm, end], [height, height], linewidth=2, solid_capstyle="butt", **look)
    axis.annotate(
        f"{BAR // 10} cm", (end, height), xytext=(0, 4), textcoords="offset points", fontsize=7, ha="right", **look
    )
