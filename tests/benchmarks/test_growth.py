"""How CPU time and memory of each command grow with the data: the tiny run with 1, 4 and 16 times as much of it.

`pytest tests/benchmarks/test_growth.py -m slow` takes some minutes. It draws `growth.png` beside the JSON file. That
memory stays where slices are read one after the other is asserted; times are not.
"""

from collections import defaultdict
from pathlib import Path

import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure
from recorded_run import RecordedRun

from ssinfnet.figures import style

FACTORS = (1, 4, 16)
# Commands that hold a batch of slices at a time, whatever a shard has of them.
STREAMING = ("extract_parenchyma", "predict_infection", "predict_classes")
SHOWN = 12
"""Commands in the figure: those that take longest with most data."""


def overlay(factor: int) -> str:
    """Slices and patients `factor` times, one method, and the same epochs."""
    return (
        f"phantom: {{single_slices: {12 * factor}, volumes: {3 * factor}, patients: {18 * factor}}}\n"
        "methods: {ssinfnet: null}\n"
    )


@pytest.mark.slow
def test_growth(bench, tmp_path, monkeypatch, pytestconfig):
    seconds, mebibytes = defaultdict(dict), defaultdict(dict)
    for factor in FACTORS:
        folder = tmp_path / str(factor)
        folder.mkdir()
        workflow = RecordedRun(folder, monkeypatch, overlay(factor))
        workflow.run()
        for use in workflow.uses():
            name = use["command"]
            seconds[name][factor] = seconds[name].get(factor, 0) + use["seconds"]
            mebibytes[name][factor] = max(mebibytes[name].get(factor, 0), use["mebibytes"])
    for name, found in seconds.items():
        for factor in FACTORS:
            bench.record(f"{name}, {factor} x the data", found[factor], item="run")
    path = Path(pytestconfig.getoption("bench_json", default="results/benchmarks.json")).with_name("growth.png")
    path.parent.mkdir(parents=True, exist_ok=True)
    style.save(draw(seconds, mebibytes), path)
    for name in STREAMING:
        assert mebibytes[name][16] < 1.5 * mebibytes[name][1], (name, mebibytes[name])


def draw(seconds: dict, mebibytes: dict) -> Figure:
    """CPU seconds and memory of the commands that take longest, each with a line; grey: in proportion to the data."""
    names = sorted(seconds, key=lambda name: -seconds[name][FACTORS[-1]])[:SHOWN]
    with rc_context(style.STYLE):
        figure = Figure(figsize=(9, 4.5), layout="constrained")
        panels = figure.subplots(1, 2)
        for axes, values, label in zip(
            panels, (seconds, mebibytes), ("CPU seconds of all its jobs", "most memory of a job, MiB"), strict=True
        ):
            for place, name in enumerate(names):
                colour, line = style.look(place)
                points = [values[name][factor] for factor in FACTORS]
                axes.plot(FACTORS, points, linestyle=line, color=colour, label=name)
            axes.set(xscale="log", yscale="log", xlabel="times the data of the tiny run", title=label)
            axes.set_xticks(FACTORS, map(str, FACTORS), minor=False)
            axes.minorticks_off()
            lowest = min(values[name][1] for name in names)
            axes.plot(
                FACTORS,
                [lowest * factor for factor in FACTORS],
                color="#bbbbbb",
                linewidth=4,
                zorder=0,
                label="in proportion",
            )
        handles, _ = panels[0].get_legend_handles_labels()
        figure.legend(handles=handles, loc="outside lower center", ncols=style.columns(handles, 9))
    return figure
