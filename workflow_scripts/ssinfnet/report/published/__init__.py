"""The numbers printed in the paper, kept as data: see the README beside this file."""

from pathlib import Path

import pandas as pd

# How the tables II to V name the methods of the config.
METHODS = {
    "sinfnet": ("Single SInfNet", "SInfNet"),
    "sinfnet_aug04": ("Single SInfNet + data aug(0.4)", "SInfNet+data aug(0.4)"),
    "sinfnet_aug05": ("Single SInfNet + data aug (0.5)", "SInfNet+data aug(0.5)"),
    "ssinfnet": ("Single Self-SInfNet", "SSInfNet", "Self SInfNet"),
    "ssinfnet_aug": ("Single Self-SInfNet + data aug", "SSInfNet+data aug", "Self SInfNet+data aug"),
}


def table(number: int) -> pd.DataFrame:
    """Table 1 to 5 as printed: columns table, method, target, metric, mean, error, all of them text."""
    path = Path(__file__).with_name(f"table_{number}.csv")
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def name_of(method: str) -> str:
    """The config's name of a method that a table prints as `method`."""
    return next(name for name, printed in METHODS.items() if method in printed)
