import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import plot_learning
import plot_overlays
from ssinfnet.errors import InputError
from ssinfnet.figures import learning, overlays
from ssinfnet.slices import store as slices

METHODS = {"sinfnet": {"label": "SInfNet"}, "ssinfnet": {"label": "SSInfNet", "pretext": "inpainting"}}


def texts(figure):
    """All that is written in a figure's axes and legends."""
    found = [text.get_text() for text in figure.texts]
    for axis in figure.axes:
        found += [axis.get_title(), axis.get_title("left"), axis.get_xlabel(), axis.get_ylabel()]
        found += [text.get_text() for text in axis.texts]
        found += [label.get_text() for label in axis.get_xticklabels()]
    for legend in figure.legends:
        found += [text.get_text() for text in legend.get_texts()]
    return [text for text in found if text]


def size_of(path):
    with Image.open(path) as picture:
        return picture.size


# --- curves -----------------------------------------------------------------------------------------------------------


def epochs_table(*, every=1):
    epochs = np.arange(1, 7)
    validated = np.where(epochs % every == 0, 0.1 * epochs, np.nan)
    columns = {"epoch": epochs, "loss": 1 / epochs, "validation_loss": validated, "validation_dice": validated}
    return pd.DataFrame(columns)


def round_table(number, phase, losses):
    rows = [(number, phase, epoch, 9 * loss, loss) for epoch, loss in enumerate(losses, start=1)]
    return pd.DataFrame(rows, columns=["round", "phase", "epoch", "loss", "erased_loss"])


def test_students_have_a_row_of_their_own_before_the_fine_tuning():
    curves = {("a", 0, "student"): epochs_table(), ("a", 0, "single"): epochs_table()}
    figure = learning.learning_curves(curves, {"a": "A"})
    assert [axis.get_ylabel() for axis in figure.axes[::3]] == ["Student: pseudo labels", "Single network: infection"]


def test_learning_curves_show_each_run_and_skip_epochs_without_validation():
    curves = {
        ("sinfnet", 0, "single"): epochs_table(),
        ("ssinfnet", 0, "single"): epochs_table(every=2),
        ("ssinfnet", 1, "single"): epochs_table(every=2).assign(
            validation_dice=lambda table: 2 * table["validation_dice"]
        ),
        ("sinfnet", 0, "multi"): epochs_table(),
    }
    figure = learning.learning_curves(curves, {"sinfnet": "SInfNet", "ssinfnet": "SSInfNet"})
    assert len(figure.axes) == 6
    loss, _, dice = figure.axes[:3]
    # Of two seeds each has a thin line, then comes their mean.
    assert [len(line.get_xdata()) for line in loss.lines] == [6, 6, 6, 6]
    assert [list(line.get_xdata()) for line in dice.lines[1:]] == [[2, 4, 6]] * 3
    np.testing.assert_allclose(dice.lines[3].get_ydata(), [0.3, 0.6, 0.9])
    assert dice.lines[0].get_linestyle() != dice.lines[3].get_linestyle()  # told apart without colour
    assert {"SInfNet", "SSInfNet", "Validation Dice"} <= set(texts(figure))


def test_pretext_curves_run_on_over_rounds_and_shade_the_coach():
    table = pd.concat(
        [round_table(0, "network", [3, 2]), round_table(1, "coach", [2.5]), round_table(2, "network", [1])]
    )
    figure = learning.pretext_curves({("ssinfnet", 0, "single"): table}, {"sinfnet": "A", "ssinfnet": "B"})
    (axis,) = figure.axes
    assert axis.get_title(loc="left") + axis.get_title() == "task ssinfnet, single network"
    assert [list(line.get_xdata()) for line in axis.lines] == [[1, 2], [2, 3], [3, 4]]
    assert [list(line.get_ydata()) for line in axis.lines] == [[3, 2], [2, 2.5], [2.5, 1]]
    (shade,) = axis.patches
    assert (shade.get_x(), shade.get_width()) == (2.5, 1)


def test_plot_learning_joins_the_rounds_of_a_run(tmp_path):
    epochs_table().to_csv(tmp_path / "epochs.csv", index=False)
    for number, phase in enumerate(("network", "coach")):
        round_table(number, phase, [2, 1]).to_csv(tmp_path / f"round{number}.csv", index=False)
    arguments = ["--config-json", json.dumps({"methods": METHODS})]
    for method, stage in (("sinfnet", "single"), ("ssinfnet", "single"), ("ssinfnet", "multi")):
        arguments += ["--epochs", method, "0", stage, f"{tmp_path}/epochs.csv"]
    outputs = ["--out-epochs", f"{tmp_path}/epochs.png", "--out-rounds", f"{tmp_path}/rounds.png"]
    plot_learning.main([*arguments, *outputs])
    without = size_of(tmp_path / "rounds.png")
    for number in range(2):
        arguments += ["--rounds", "ssinfnet", "0", "single", f"{tmp_path}/round{number}.csv"]
    plot_learning.main([*arguments, *outputs])
    assert size_of(tmp_path / "rounds.png")[1] > without[1]
    first = (tmp_path / "epochs.png").read_bytes()
    plot_learning.main([*arguments, *outputs])
    assert (tmp_path / "epochs.png").read_bytes() == first


def test_tasks_of_the_single_network_stand_beside_methods_of_the_multi_network():
    table = round_table(0, "network", [3, 2])
    keys = [("inpainting", 0, "single"), ("a", 0, "multi"), ("b", 0, "multi")]
    figure = learning.pretext_curves(dict.fromkeys(keys, table), {"a": "A", "b": "B"})
    shown = [axis.get_title(loc="left") + axis.get_title() for axis in figure.axes if axis.axison]
    assert shown == ["task inpainting, single network", "A, multi network", "B, multi network"]


def test_each_task_is_shown_by_its_own_measure():
    inpainting = round_table(0, "network", [3, 2])
    rotation = inpainting.drop(columns="erased_loss").assign(accuracy=[0.25, 0.5])
    denoising = inpainting.drop(columns="erased_loss").assign(error=0.1)
    tables = {"inpainting": inpainting, "rotation": rotation, "denoising": denoising}
    figure = learning.pretext_curves({(name, 0, "single"): table for name, table in tables.items()}, {})
    assert [axis.get_ylabel() for axis in figure.axes] == ["$L_{rec}$ on erased pixels", "share told right", "loss"]
    assert [list(axis.lines[0].get_ydata()) for axis in figure.axes] == [[3, 2], [0.25, 0.5], [27, 18]]


def test_without_pretext_the_picture_says_so():
    assert "pretext task" in texts(learning.pretext_curves({}, {"sinfnet": "A"}))[0]


def test_bad_tables_are_named(tmp_path):
    path = tmp_path / "epochs.csv"
    epochs_table().drop(columns="loss").to_csv(path, index=False)
    outputs = ["--out-epochs", f"{tmp_path}/a.png", "--out-rounds", f"{tmp_path}/b.png"]
    with pytest.raises(InputError, match=r"epochs.csv: no column loss"):
        plot_learning.main(["--epochs", "sinfnet", "0", "single", str(path), *outputs])
    with pytest.raises(InputError, match="stage is 'both'"):
        plot_learning.main(["--epochs", "sinfnet", "0", "both", str(path), *outputs])


# --- overlays ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def case(tmp_path):
    """Eight test slices of three groups: lesions of 1 to 6 columns, of two classes, and two healthy slices."""
    groups = {"a1": "A", "a2": "A", "a3": "A", "a4": "A", "b1": "B", "c1": "C", "h1": "A", "h2": "B"}
    widths = {"a1": 6, "a2": 5, "a3": 4, "a4": 3, "b1": 2, "c1": 1, "h1": 0, "h2": 0}
    masks = {name: np.zeros((12, 10), dtype=np.uint8) for name in groups}
    for name, width in widths.items():
        masks[name][2:8, 1 : 1 + width] = 1
        masks[name][8:10, 1 : 1 + width] = 2
        masks[name][11] = 3
    split = pd.DataFrame({"id": list(groups), "group": list(groups.values()), "part": "test"})
    split.to_csv(tmp_path / "split.csv", index=False)
    found = {name: mask if name != "h1" else np.ones_like(mask) for name, mask in masks.items()}

    def store(path, arrays):
        with slices.create_store(tmp_path / path) as writer:
            for name, group in groups.items():
                writer.add(name, group=group, origin="made here", **arrays(name))

    grey = np.full((12, 10), 90, dtype=np.uint8)
    store("slices.h5", lambda name: {"image": grey, "mask": masks[name]})
    store("infection.h5", lambda name: {"infection": 0.4 * np.isin(found[name], (1, 2)).astype(np.float16)})
    store(
        "classes.h5", lambda name: {"classes": np.stack([found[name] == code for code in range(3)]).astype(np.float16)}
    )
    (tmp_path / "metrics.json").write_text(json.dumps({"threshold": {"value": 0.3}}))
    return tmp_path, split


def test_slices_shown_are_the_largest_lesions_of_each_group_and_a_healthy_one(case):
    folder, split = case
    with slices.SliceStore(folder / "slices.h5") as store:
        assert overlays.choose_slices(store, split, (1, 2)) == ["a1", "b1", "c1", "a2", "h1"]
        assert overlays.choose_slices(store, split[~split["id"].str.startswith("h")], (1, 2)) == [
            "a1",
            "b1",
            "c1",
            "a2",
        ]


def test_grids_say_what_is_found_at_the_threshold(case):
    folder, split = case
    with slices.SliceStore(folder / "slices.h5") as store:
        maps = {"high": (folder / "infection.h5", 0.5), "low": (folder / "infection.h5", 0.3)}
        figure = overlays.single_grid(store, split, (1, 2), maps)
        assert [axis.get_xlabel() for axis in figure.axes[2:4]] == ["infection: Dice 0.00", "infection: Dice 1.00"]
        assert [axis.get_xlabel() for axis in figure.axes[-2:]] == ["infection: rightly none", "infection: false alarm"]
        assert [axis.get_title("center") for axis in figure.axes[:4]] == ["CT", "Truth", "high", "low"]
        assert figure.axes[1].get_xlabel() == "infected 40.00% of the picture"
        figure = overlays.multi_grid(store, split, (1, 2), {"net": folder / "classes.h5"}, "oracle")
        assert figure.axes[2].get_xlabel() == "GGO: Dice 1.00\nconsolidation: Dice 1.00"
        assert figure.axes[-1].get_xlabel() == "GGO: false alarm\nconsolidation: rightly none"
        assert "Oracle" in figure.legends[0].get_title().get_text()
        # GGO and consolidation differ in colour and in line.
        handles = figure.legends[0].legend_handles
        assert (
            len({handle.get_color() for handle in handles}) == len({handle.get_linestyle() for handle in handles}) == 2
        )


def test_plot_overlays_draws_the_lowest_seed_and_manages_without_classes(case):
    folder, _ = case
    arguments = ["--config-json", json.dumps({"methods": METHODS, "labels": {"infection": [1, 2]}})]
    arguments += [f"--slices={folder}/slices.h5", f"--split={folder}/split.csv"]
    outputs = [f"--out-{name}={folder}/{name}.png" for name in ("single", "predicted", "oracle")]
    for seed in ("3", "1"):
        arguments += ["--single", "sinfnet", seed, f"{folder}/infection.h5"]
    with pytest.raises(InputError, match="no --thresholds for method sinfnet, seed 1"):
        plot_overlays.main([*arguments, "--thresholds", "sinfnet", "3", f"{folder}/metrics.json", *outputs])
    arguments += ["--thresholds", "sinfnet", "1", f"{folder}/metrics.json"]
    plot_overlays.main([*arguments, *outputs])
    notice = size_of(folder / "predicted.png")
    for prior in ("predicted", "oracle"):
        arguments += [f"--{prior}", "sinfnet", "1", f"{folder}/classes.h5"]
    plot_overlays.main([*arguments, *outputs])
    for prior in ("predicted", "oracle"):
        assert size_of(folder / f"{prior}.png")[1] > notice[1]
        assert size_of(folder / f"{prior}.png")[0] == size_of(folder / "single.png")[0]  # three columns each
