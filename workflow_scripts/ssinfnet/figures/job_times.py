"""Where the time of a run went: Snakemake's benchmark files summed up by rule, and drawn."""

from pathlib import Path

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from ssinfnet.errors import InputError
from ssinfnet.figures.style import BLUE, STYLE, notice
from ssinfnet.files.tables import read_csv


def read(folder: Path) -> pd.DataFrame:
    """Rule, number of jobs, their seconds in all, and the most memory (MB) of any; the longest rule first.

    `folder` holds RULE.tsv or RULE/*.tsv for each rule. Raises `InputError` for a file that is no benchmark.
    """
    rows = []
    for path in sorted(folder.rglob("*.tsv")):
        rule = path.relative_to(folder).with_suffix("").parts[0]
        try:
            # Snakemake writes NA for what a job of less than a moment has not shown.
            measured = read_csv(path, sep="\t", na_values=["-", "NA"])[["s", "max_rss"]]
        except (InputError, KeyError) as error:
            raise InputError(f"{path}: is not a benchmark of Snakemake ({error}); delete it") from None
        rows += [{"rule": rule, "seconds": row["s"], "memory": row["max_rss"]} for _, row in measured.iterrows()]
    if not rows:
        return pd.DataFrame(columns=["rule", "jobs", "seconds", "memory"])
    table = (
        pd.DataFrame(rows)
        .groupby("rule")
        .agg(jobs=("rule", "size"), seconds=("seconds", "sum"), memory=("memory", "max"))
    )
    return table.sort_values(["seconds"], ascending=False).reset_index()


def draw(table: pd.DataFrame) -> Figure:
    """A bar per rule: the time of all of its jobs, with their number, mean time and peak memory."""
    if table.empty:
        return notice("No job has left a record of its time.")
    with rc_context(STYLE):
        figure = Figure(figsize=(9, 0.9 + 0.27 * len(table)), layout="constrained")
        axis = figure.subplots()
        minutes = table["seconds"] / 60
        bars = axis.barh(table["rule"], minutes, color=BLUE)
        labels = [
            f"{jobs} x {seconds / jobs:.0f} s" + ("" if pd.isna(memory) else f", {memory / 1024:.1f} GB")
            for jobs, seconds, memory in table[["jobs", "seconds", "memory"]].itertuples(index=False)
        ]
        axis.bar_label(bars, labels, padding=3, fontsize=7)
        axis.invert_yaxis()
        axis.margins(x=0.2, y=0.01)
        axis.grid(axis="y", visible=False)
        axis.set(xlabel=f"minutes over all jobs of the rule ({minutes.sum():.0f} in all; jobs run side by side)")
        axis.set_title("Jobs and their mean time, and the most memory that one took")
    return figure
