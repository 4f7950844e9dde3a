import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ssinfnet.figures import style


def picture(nudge):
    figure = Figure(figsize=(4, 3), layout="constrained")
    left, right = figure.subfigures(1, 2)
    axes = [left.subplots(), right.subplots()]
    axes[0].contour(np.pad(np.ones((4, 5)), 1), levels=[0.5])
    shown = axes[0].imshow(np.arange(12.0).reshape(3, 4))
    axes[1].plot([0, 1], [0, 1])
    left.colorbar(shown, ax=axes[0])
    layout = figure.get_layout_engine().execute

    def execute(figure):
        """As a layout whose last bits are others."""
        result = layout(figure)
        for one in figure.axes:
            one._set_position([value + nudge for value in one.get_position(original=True).bounds], which="original")
        for part in figure.subfigs:
            part.bbox_relative.set_points(part.bbox_relative.get_points() + nudge)
        return result

    figure.get_layout_engine().execute = execute
    return figure


def test_the_last_bits_of_a_layout_change_no_picture(tmp_path):
    for name, nudge in (("a", 0), ("b", 1e-13)):
        style.save(picture(nudge), tmp_path / f"{name}.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_axes_lie_where_the_layout_put_them(tmp_path):
    figure, other = picture(0), picture(0)
    other.draw_without_rendering()
    style.save(figure, tmp_path / "a.png")
    for one, same in zip(figure.axes, other.axes, strict=True):
        np.testing.assert_allclose(one.get_position().bounds, same.get_position().bounds, atol=2e-6)


def test_methods_beyond_the_colours_still_look_different():
    looks = [str(style.look(position)) for position in range(len(style.COLOURS) ** 2)]
    assert len(set(looks)) == len(looks)


@pytest.mark.parametrize("count", [1, 5, 9])
@pytest.mark.parametrize("label", ["SInfNet", "Random masks and self-training"])
@pytest.mark.parametrize("width", [4, 6, 12])
def test_a_legend_fits_into_its_figure(count, label, width):
    figure = Figure(figsize=(width, 4), layout="constrained")
    handles = [Line2D([], [], label=label) for _ in range(count)]
    legend = figure.legend(handles=handles, loc="outside lower center", ncols=style.columns(handles, width))
    figure.draw_without_rendering()
    assert legend.get_window_extent().x0 >= 0 and legend.get_window_extent().x1 <= figure.bbox.x1
