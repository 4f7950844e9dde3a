"""What patients must be there so that their severity can be scored, known before the first training."""

import difflib
from pathlib import Path

import pandas as pd

from ssinfnet.config.patients import Patients
from ssinfnet.config.severity import Severity
from ssinfnet.files.tables import read_table
from ssinfnet.slices.checks import Findings

SCORES = (0, 1, 2)
_MISSPELLED = 0.82  # as difflib measures likeness; "Non-severe" is no misspelling of "Severe"


def read_patients(path: Path) -> pd.DataFrame:
    """The table of patients, CSV: patient, morbidity, score (NaN: none; any number) and slices (count)."""
    return read_table(
        path,
        ("patient", "morbidity", "score", "slices"),
        numbers=("score", "slices"),
        dtype={"patient": str, "morbidity": str},
        keep_default_na=False,
        na_values={"score": [""]},
    )


def check_patients(path: Path, table: pd.DataFrame, patients: Patients, severity: Severity) -> Findings:
    """Classes, scores and pictures of the patients of `table` (as in the file `path`), held against the config."""
    found = Findings()
    wrong = [f"{name}: {score}" for name, score in patients.scores.items() if score not in SCORES]
    if wrong:
        found.defects.append(
            f"config: patients.scores: {', '.join(wrong)}; a score is 0, 1 (severe) or 2 (critically ill)"
        )
    if not table["slices"].sum():
        found.defects.append(f"{path}: no patient of the clinical table has a picture")
    for name, count in table.loc[table["score"].isna(), "morbidity"].value_counts(sort=False).items():
        if near := _misspelled(name, list(patients.scores)):
            found.defects.append(
                f"{path}: {count} patient(s) of class {name!r}, which is not in patients.scores; did you mean {near!r}?"
            )
        else:
            found.notes.append(f"{path}: {count} patient(s) of class {name!r} have no score and are left out")
    found.notes += [
        f"{path}: no patient of class {name!r} (patients.scores)"
        for name in patients.scores
        if name not in set(table["morbidity"])
    ]
    usable = table[table["score"].notna() & (table["slices"] > 0)]
    counts = usable["morbidity"].value_counts().to_dict()
    if severity.cutoffs == "fitted" and (usable.empty or usable["score"].value_counts().max() < 2):
        held = ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"
        classes = ", ".join(sorted(set(table["morbidity"])))
        found.defects.append(
            f"{path}: fitted cut-offs need at least two patients of one score with pictures, and there are: {held} "
            f"(classes of the table: {classes}); give more, name classes in patients.scores, or set severity.cutoffs: "
            "published"
        )
    elif usable["score"].nunique() == 1:
        found.notes.append(f"{path}: all patients who can be scored have the score {usable['score'].iloc[0]:.0f}")
    return found


def count_patients(table: pd.DataFrame) -> dict[str, dict[str, int | None]]:
    """By class: patients, those with pictures, and the score (None: none)."""
    return {
        str(name): {
            "patients": len(rows),
            "with_pictures": int((rows["slices"] > 0).sum()),
            "score": None if rows["score"].isna().any() else int(rows["score"].iloc[0]),
        }
        for name, rows in table.groupby("morbidity")
    }


def _misspelled(name: str, known: list[str]) -> str | None:
    """The known class that `name` means but for case, blanks and a few letters; None for another class."""
    by_letters = {_letters(one): one for one in known}
    near = difflib.get_close_matches(_letters(name), by_letters, 1, _MISSPELLED)
    return by_letters[near[0]] if near else None


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
