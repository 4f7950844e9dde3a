"""What patients must be there so that their severity can be scored, known before the first training.

Classes that the config does not know are refused when the clinical table is read, scores other than 0, 1 and 2 by the
config itself.
"""

from pathlib import Path

import pandas as pd

from ssinfnet.config.patients import Patients
from ssinfnet.config.severity import Severity
from ssinfnet.severity.scores import check_cutoffs
from ssinfnet.slices.checks import Findings


def check_patients(path: Path, table: pd.DataFrame, patients: Patients, severity: Severity) -> Findings:
    """Classes and pictures of the patients of `table` (as in the file `path`), held against the config."""
    found = Findings()
    if not table["slices"].sum():
        found.defects.append(f"{path}: no patient has a picture")
    usable = table[table["score"].notna() & (table["slices"] > 0)]
    held = ", ".join(f"{count} {name}" for name, count in usable["morbidity"].value_counts().items())
    found.defects += [
        f"{path}: {defect} (with pictures there are: {held})" for defect in check_cutoffs(table, severity)
    ]
    for name, count in table.loc[table["score"].isna(), "morbidity"].fillna("").value_counts(sort=False).items():
        of_class = f"of class {name!r}" if name else "without a class"
        found.notes.append(f"{path}: {count} patient(s) {of_class} have no score: they are predicted and count nowhere")
    found.notes += [
        f"{path}: no patient of class {name!r} (patients.scores)"
        for name in patients.scores
        if name not in set(table["morbidity"])
    ]
    if usable["score"].nunique() == 1:
        found.notes.append(f"{path}: all patients who have one have the score {usable['score'].iloc[0]:.0f}")
    return found


def count_patients(table: pd.DataFrame) -> dict[str, dict[str, int | None]]:
    """By class (empty: none): patients, those with pictures, and the score (None: none)."""
    return {
        str(name): {
            "patients": len(rows),
            "with_pictures": int((rows["slices"] > 0).sum()),
            "score": None if rows["score"].isna().any() else int(rows["score"].iloc[0]),
        }
        for name, rows in table.assign(morbidity=table["morbidity"].fillna("")).groupby("morbidity")
    }
