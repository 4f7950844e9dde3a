"""Which slices' lungs to trust: limits on their measures, and a hand-kept list that always wins."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ssinfnet.config.cleaning import Cleaning
from ssinfnet.errors import InputError
from ssinfnet.files import user_table
from ssinfnet.files.tables import read_table
from ssinfnet.lungs.measures import MEASURES
from ssinfnet.lungs.orientation import UNKNOWN, of_groups
from ssinfnet.lungs.verdicts import KEPT, REJECTED

BY_HAND = "excluded by hand"
_SHOWN = 5


def read_quality(paths: Sequence[Path], ids: Sequence[str]) -> pd.DataFrame:
    """The measures of all shards (CSV) as one table with a row for each of `ids`, in that order.

    Raises `InputError` for a slice that no shard has, that two have, or that is not among `ids`.
    """
    remedy = "extract the parenchyma of all shards again"
    table = pd.concat([_read_shard(path, remedy) for path in paths], ignore_index=True)
    repeated = table["id"][table["id"].duplicated()]
    missing = [slice_id for slice_id in ids if slice_id not in set(table["id"])]
    unknown = table["id"][~table["id"].isin(ids)]
    for what, names in (("more than once", repeated), ("not at all", missing), ("but not in the store", unknown)):
        if len(names):
            raise InputError(f"{paths[0]} and the other shards: {next(iter(names))} is there {what}; {remedy}")
    return table.set_index("id").loc[list(ids)].reset_index()


def read_exclusions(path: Path, ids: Sequence[str]) -> dict[str, str]:
    """The hand-kept list, a table with the columns id and reason (see `user_table`): reason by slice id.

    Raises `InputError` for an unreadable list, a duplicate id and an id that is not among `ids`, all at once.
    """
    table = user_table.read(path, ("id", "reason"))
    known, defects = set(ids), []
    for slice_id in table["id"][table["id"].duplicated()].unique():
        defects.append(f"{path}: {slice_id} is listed more than once")
    for slice_id in table["id"].unique():
        if slice_id not in known:
            defects.append(f"{path}: there is no slice {slice_id!r}; ids are listed in the parenchyma's quality.csv")
    if defects:
        raise InputError.from_defects(path, defects)
    return dict(zip(table["id"], table["reason"], strict=True))


def judge(quality: pd.DataFrame, config: Cleaning, exclusions: dict[str, str]) -> pd.DataFrame:
    """The table with a verdict (kept or rejected) and the reason of a rejection, the first that applies.

    `exclusions` are reasons by slice id; those slices are rejected whatever their measures are.
    """
    limits = {
        "no lungs found": quality["components"] == 0,
        f"area below {config.min_area:g}": quality["area"] < config.min_area,
        f"area above {config.max_area:g}": quality["area"] > config.max_area,
        f"more than {config.max_components} components": quality["components"] > config.max_components,
        f"left/right balance below {config.min_balance:g}": quality["balance"] < config.min_balance,
        f"border contact above {config.max_border:g}": quality["border"] > config.max_border,
        f"solidity below {config.min_solidity:g}": quality["solidity"] < config.min_solidity,
    }
    reason = pd.Series("", index=quality.index)
    for text, outside in reversed(limits.items()):
        reason = reason.mask(outside, text)
    texts = [f"{BY_HAND}: {exclusions.get(slice_id, '')}".removesuffix(": ") for slice_id in quality["id"]]
    reason = reason.mask(quality["id"].isin(list(exclusions)), pd.Series(texts, index=quality.index, dtype=str))
    verdict = reason.eq("").map({True: KEPT, False: REJECTED})
    return quality.assign(verdict=verdict, reason=reason)


def count(judged: pd.DataFrame) -> dict[str, Any]:
    """Slices and patients before and after cleaning, and slices by reason; the paper has 6,654 and 6,613 slices.

    `patients_by_spine` counts patients by the side on which their spine lies; upright is below.
    """
    kept = judged[judged["verdict"] == KEPT]
    reasons = judged.loc[judged["verdict"] == REJECTED, "reason"].str.split(": ").str[0]
    sides = of_groups(judged["spine"], judged["group"]).replace(UNKNOWN, "unclear")
    return {
        "before": len(judged),
        "after": len(kept),
        "patients_before": int(judged["group"].nunique()),
        "patients_after": int(kept["group"].nunique()),
        "by_reason": {str(reason): int(number) for reason, number in reasons.value_counts().items()},
        "patients_by_spine": {str(side): int(number) for side, number in sides.value_counts().sort_index().items()},
    }


def _read_shard(path: Path, remedy: str) -> pd.DataFrame:
    columns = ("id", "group", "spine", *MEASURES)
    text = {"id": str, "group": str, "spine": str}  # even if they look like numbers
    return read_table(path, columns, numbers=MEASURES, remedy=remedy, dtype=text, keep_default_na=False)


def lying(judged: pd.DataFrame) -> str:
    """A line on the patients whose pictures lie turned or upside down; empty where there are none."""
    sides = of_groups(judged["spine"], judged["group"])
    odd = sides[~sides.isin(["below", UNKNOWN])]
    if odd.empty:
        return ""
    sample = ", ".join(f"{patient} ({side})" for patient, side in odd.head(_SHOWN).items())
    more = f" and {len(odd) - _SHOWN} more" if len(odd) > _SHOWN else ""
    return (
        f"warning: the pictures of {len(odd)} of {len(sides)} patients lie turned or upside down by the side of their "
        f"spine, so their lungs and regions are wrong: {sample}{more}; bring them upright, with patients.transform if "
        "all lie alike"
    )
