"""What the slices that a label budget draws must hold so that a training on them can succeed."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ssinfnet.config.labels import Labels
from ssinfnet.config.priors import Priors
from ssinfnet.errors import InputError
from ssinfnet.slices import labels as codes
from ssinfnet.slices.budget import labelled_ids
from ssinfnet.slices.checks import Batches, Findings, check_batches
from ssinfnet.slices.store import SliceStore


def check_budgets(
    path: Path,
    table: pd.DataFrame,
    store: SliceStore,
    labels: Labels,
    priors: Priors | None,
    batches: Iterable[Batches],
    *,
    budgets: Sequence[int],
    seeds: Sequence[int],
    with_classes: bool,
) -> Findings:
    """Whether each of `seeds` draws, for each of `budgets`, slices of the split `path` that networks can learn from.

    A draw without infection is a defect, one without a class of lesion a note, as it says what so few labels are worth.
    `batches` are those of the fine-tunings; `priors` is None where no network of a fold is trained.
    """
    found = Findings()
    held: dict[str, set[int]] = {}
    for budget in budgets:
        for seed in seeds:
            try:
                ids = labelled_ids(table, budget, seed)
            except InputError as error:
                found.defects.append(f"{path}: {error}")
                break  # the seed does not matter
            for name in ids:
                if name not in held:
                    held[name] = set(np.unique(store.read("mask", name)).tolist())
            present = set().union(*(held[name] for name in ids))
            drawn = f"the {len(ids)} slices that seed {seed} draws for {budget} labels"
            if not present & set(labels.infection):
                found.defects.append(f"{path}: {drawn} hold no infection; give more labels, or other seeds")
            missing = [codes.WORDS[name] for name, code in codes.LESIONS.items() if code not in present]
            if missing and with_classes:
                found.notes.append(f"{path}: {drawn} hold no {' and no '.join(missing)}")
            cut = check_batches(path, table, priors, batches, ids)
            found.defects += [f"{defect} ({budget} labels, seed {seed})" for defect in cut.defects]
    return found
