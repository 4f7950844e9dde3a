"""The test slices on which each method fails worst: as a table with reasons, and as pictures."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from ssinfnet.evaluation.runs import Run, first_seeds, maps_by_label
from ssinfnet.figures import contours, overlays
from ssinfnet.figures.overlays import NO_CLASSES
from ssinfnet.figures.style import STYLE, notice
from ssinfnet.files.tables import read_table
from ssinfnet.slices.labels import WORDS
from ssinfnet.slices.store import SliceStore

LISTED, SHOWN = 10, 4
RANKED_BY = {"single": "infection", "multi": "overall_without_background"}
COLUMNS = ("network", "method", "seed", "rank", "id", "group", "target", "dice", "truth", "found", "reason")
NAMES = {"infection": "infection", **WORDS}
TARGETS = {"single": ("infection",), "multi": tuple(WORDS)}


Cases = Mapping[tuple[str, str, int], pd.DataFrame]  # by network (single or multi), method and seed


def worst(scores: pd.DataFrame, network: str) -> pd.DataFrame:
    """The slices of lowest Dice, a row per slice and target: rank, id, group, target, dice, truth, found, reason.

    `scores` is the table that evaluation writes of the single or multi `network`; the multi network is ranked by the
    mean over GGO and consolidation. `truth` and `found` are pixels. Of equal Dice the larger mistake comes first;
    slices without a Dice are left out.
    """
    mistakes = (scores["foreground"] - scores["predicted"]).abs()
    mistakes = mistakes.groupby(scores["id"]).sum()
    ranked = scores[(scores["target"] == RANKED_BY[network]) & scores["dice"].notna()]
    ranked = ranked.assign(mistake=ranked["id"].map(mistakes))
    ranked = ranked.sort_values(["dice", "mistake", "id"], ascending=[True, False, True])[:LISTED]
    rank = {slice_id: position for position, slice_id in enumerate(ranked["id"], start=1)}
    rows = scores[scores["target"].isin(TARGETS[network]) & scores["id"].isin(rank)]
    rows = rows.assign(rank=rows["id"].map(rank), reason=[reason(row) for row in rows.to_dict("records")])
    rows = rows.rename(columns={"foreground": "truth", "predicted": "found"})
    rows = rows.astype({"truth": int, "found": int})  # evaluation leaves them empty for means over classes
    return rows.sort_values("rank", kind="stable")[[name for name in COLUMNS if name in rows]]


def find(single: Sequence[Run], multi: Sequence[Run]) -> Cases:
    """The `worst` slices of each run, from its first value, the table that evaluation writes (CSV)."""
    several = [("single", run) for run in single] + [("multi", run) for run in multi]
    return {(network, *run[:2]): worst(read_scores(Path(run.values[0])), network) for network, run in several}


def join(cases: Cases) -> pd.DataFrame:
    """One table, with columns in front for the key: network, method and seed."""
    tables = []
    for (network, method, seed), table in cases.items():
        tables.append(table.assign(network=network, method=method, seed=seed)[list(COLUMNS)])
    return pd.concat(tables, ignore_index=True)


def read_scores(path: Path) -> pd.DataFrame:
    """The table by image and target that evaluation writes."""
    columns = ("id", "group", "target", "foreground", "predicted", "dice", "recall", "precision")
    return read_table(path, columns, dtype={"id": str, "group": str})


def reason(row: Mapping[str, float]) -> str:
    """What is wrong with a mask, by its pixels (`foreground` in truth, `predicted`) and its `recall`, `precision`."""
    if not row["foreground"]:
        return "false alarm" if row["predicted"] else "rightly none"
    if not row["predicted"]:
        return "missed"
    if not row["recall"]:
        return "elsewhere"
    return "too much" if row["recall"] > row["precision"] else "too little"


def figures(
    store: SliceStore,
    split: pd.DataFrame,
    infection: tuple[int, ...],
    cases: Cases,
    single: Sequence[Run],
    multi: Sequence[Run],
    metrics: Sequence[Run],
    labels: Mapping[str, str],
) -> tuple[Figure, Figure]:
    """Both pictures, for the lowest seed of each method: of the single and of the multi network.

    `infection` are the codes that count as infected; the last values of the runs are their maps (H5), and `metrics`
    (JSON) say the threshold of the infection map; `labels` are the methods' names.
    """
    single, multi = first_seeds(single), first_seeds(multi)
    shown = [
        {labels[run.method]: cases[(network, *run[:2])] for run in several}
        for network, several in (("single", single), ("multi", multi))
    ]
    maps = maps_by_label(single, metrics, labels)
    classes = {labels[run.method]: run.path for run in multi}
    return single_figure(store, split, infection, shown[0], maps), multi_figure(store, split, shown[1], classes)


def single_figure(
    store: SliceStore,
    split: pd.DataFrame,
    labels: tuple[int, ...],
    cases: Mapping[str, pd.DataFrame],
    predictions: Mapping[str, tuple[Path, float]],
) -> Figure:
    """A row per method: its worst slices, true and found infection; `predictions` has map store and threshold.

    `cases` is what `worst` returns; both by label.
    """
    with rc_context(STYLE):
        figure, axes = _grid(cases, SHOWN, ("",), lines=3)
        for row, (label, table) in zip(axes, cases.items(), strict=True):
            path, threshold = predictions[label]
            with SliceStore(path) as maps:
                for axis, (slice_id, rows) in zip(row, table.groupby("id", sort=False), strict=False):
                    found = maps.read("infection", slice_id).astype(np.float32) >= threshold
                    contours.show(axis, store.read("image", slice_id))
                    contours.contour(axis, found, **contours.INFECTION)
                    contours.contour(axis, store.read_infection(slice_id, labels), **contours.TRUTH)
                    axis.set_xlabel(f"{contours.name_of(slice_id, split)}\n{_reasons(rows, found.size)}")
        contours.legend(figure, contours.INFECTION_ENTRIES, f"{contours.GREY} Areas are shares of the picture.")
    return figure


def multi_figure(
    store: SliceStore, split: pd.DataFrame, cases: Mapping[str, pd.DataFrame], predictions: Mapping[str, Path]
) -> Figure:
    """A row per method: its worst slices, true and found classes side by side; without methods a notice."""
    if not cases:
        return notice(NO_CLASSES)
    with rc_context(STYLE):
        figure, axes = _grid(cases, SHOWN - 1, (": truth", ": found"), lines=4)
        for row, (label, table) in zip(axes, cases.items(), strict=True):
            with SliceStore(predictions[label]) as maps:
                pairs = zip(row[::2], row[1::2], strict=True)
                for (left, right), (slice_id, rows) in zip(pairs, table.groupby("id", sort=False), strict=False):
                    mask = store.read("mask", slice_id)
                    for axis, classes in ((left, mask), (right, maps.read("classes", slice_id).argmax(axis=0))):
                        contours.show(axis, store.read("image", slice_id))
                        contours.draw_classes(axis, classes)
                    left.set_xlabel(contours.name_of(slice_id, split))
                    right.set_xlabel(_reasons(rows, mask.size))
        note = f"Lowest mean Dice of GGO and consolidation. {overlays.PRIORS['predicted']} {contours.GREY}"
        contours.legend(figure, contours.CLASS_ENTRIES, f"{note} Areas are shares of the picture.")
    return figure


def _grid(cases: Mapping[str, pd.DataFrame], most: int, parts: Sequence[str], lines: int) -> tuple[Figure, np.ndarray]:
    shown = min(most, max(table["id"].nunique() for table in cases.values()))
    titles = [f"worst {rank}{part}" for rank in range(1, shown + 1) for part in parts]
    figure, axes = contours.grid(len(cases), titles, lines=lines)
    for row, label in zip(axes, cases, strict=True):
        for axis in row:
            contours.blank(axis)
        row[0].set_ylabel(textwrap.fill(label, 22))
    return figure, axes


def _reasons(rows: pd.DataFrame, pixels: int) -> str:
    lines = []
    for row in rows.to_dict("records"):
        name = NAMES[row["target"]]
        lines.append(f"{name}: {row['reason']}" + ("" if pd.isna(row["dice"]) else f", Dice {row['dice']:.2f}"))
        lines.append(f"truth {row['truth'] / pixels:.2%}, found {row['found'] / pixels:.2%}")
    return "\n".join(lines)
