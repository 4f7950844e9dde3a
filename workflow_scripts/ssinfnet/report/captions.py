"""The titles of metrics, targets, tables and figures, and how to read them."""

from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "templates/captions"

METRIC_TITLES = {
    "dice": "Dice (F1)",
    "iou": "IoU",
    "recall": "Recall",
    "specificity": "Specificity",
    "precision": "Precision",
    "auc": "AUC",
    "mae": "MAE",
    "micro_f1": "Accuracy (micro F1)",
    "micro_precision": "Micro precision",
    "micro_recall": "Micro recall",
    "macro_f1": "Macro F1",
    "balanced_accuracy": "Balanced accuracy",
    "quadratic_kappa": "Quadratic kappa",
    "auc_severe": "AUC, severe or worse",
    "spearman": "Spearman",
}


TARGET_TITLES = {
    "infection": "Infection",
    "ggo": "Ground-glass opacity",
    "consolidation": "Consolidation",
    "overall_without_background": "Overall, without background: mean of GGO and consolidation",
    "overall": "Overall, as in the paper: mean of background, GGO and consolidation",
    "background": "Background",
    "patients_fitted": "Patients, fitted cut-offs",
    "patients_published": "Patients, published cut-offs",
    "patients": "Patients, without cut-offs",
    "slices_fitted": "Slices, fitted cut-offs",
    "slices_published": "Slices, published cut-offs",
    "severity": "As printed in the paper (pictures; cut-offs not stated)",
}


TABLE_TITLES = {
    2: ("Table II", "Infection, single network"),
    3: ("Table III", "GGO and consolidation, prior predicted by the single network"),
    4: ("Table IV", "GGO and consolidation, oracle: the prior is the truth of the test slices"),
    5: ("Table V", "Severity"),
}


TABLE_NOTES = {
    2: "The threshold of the map was chosen on the validation slices.",
    3: "How the method works on new slices: it is given nothing but the picture.",
    4: "An upper bound, not a result: the network is told where the infection is and only names its kind. A method "
    "whose class network takes no prior has no row.",
    5: "Accuracy alone says little where most patients share a class; read it beside the picture-blind baseline, and "
    "prefer balanced accuracy, kappa and AUC.",
}


class Caption(NamedTuple):
    """Of a figure: its title, what is seen (the alternative text), and how to read it."""

    title: str
    seen: str
    text: str


def of_figure(name: str) -> Caption:
    """The caption of a figure by the name of its file, without suffix; one that has none is titled by its name.

    The summary page and Snakemake's report read the same file, `templates/captions/<name>.rst`, which begins with title
    and alternative text as comments; the text has no markup.
    """
    path = FOLDER / f"{name}.rst"
    if not path.exists():
        return Caption(name.replace("_", " ").capitalize(), name, "")
    head, _, text = path.read_text(encoding="utf-8").partition("\n\n")
    title, seen = (line.partition(": ")[2] for line in head.splitlines())
    return Caption(title, seen, " ".join(text.split()))
