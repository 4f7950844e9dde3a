import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ssinfnet.figures.style import COLOURS, columns, look


def test_methods_beyond_the_colours_still_look_different():
    looks = [str(look(position)) for position in range(len(COLOURS) ** 2)]
    assert len(set(looks)) == len(looks)


@pytest.mark.parametrize("count", [1, 5, 9])
@pytest.mark.parametrize("label", ["SInfNet", "Random masks and self-training"])
@pytest.mark.parametrize("width", [4, 6, 12])
def test_a_legend_fits_into_its_figure(count, label, width):
    figure = Figure(figsize=(width, 4), layout="constrained")
    handles = [Line2D([], [], label=label) for _ in range(count)]
    legend = figure.legend(handles=handles, loc="outside lower center", ncols=columns(handles, width))
    figure.draw_without_rendering()
    assert legend.get_window_extent().x0 >= 0 and legend.get_window_extent().x1 <= figure.bbox.x1
