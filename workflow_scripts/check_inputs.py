"""Say before the first training what would fail after it.

Reads the split (with test folds one for each seed) with its fingerprint and, where patients are scored, their table,
and holds them against the config: infected slices in each part, classes, folds, batches, groups on two sides, slices
that are never tested, label budgets, severity classes, cut-offs. Writes what was found as JSON, and a file that
trainings wait for. All findings that stop the run are one error.
"""

import sys
from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` that lists all findings."""
    sections = "split (by, folds), labels, labelled, priors, single, multi, networks, pretext, patients, severity"
    parser = command.parser(__doc__, config=sections)
    parser.add_argument("--split", type=Path, nargs="+", required=True, help="table of each split, CSV")
    parser.add_argument("--fingerprint", type=Path, nargs="+", required=True, help="what its parts hold, JSON")
    parser.add_argument("--patients", type=Path, help="table of the patients, CSV; none where no severity is scored")
    parser.add_argument("--labels", type=int, nargs="+", default=[], help="label budgets of the methods")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="with --labels: the seeds of the trainings")
    parser.add_argument("--slices", type=Path, help="with --labels: slice store with the masks")
    parser.add_argument("--pretrained", nargs="+", default=[], help="the pretext tasks of the methods")
    parser.add_argument("--out", type=Path, required=True, help="what was found, JSON")
    parser.add_argument(
        "--out-passed", type=Path, help="a line of text, written when all is well; trainings wait for it"
    )
    args = parser.parse_args(argv)
    if args.labels and not args.slices:
        parser.error("--labels needs --slices")

    from ssinfnet.config.labelled import Labelled
    from ssinfnet.config.labels import Labels
    from ssinfnet.config.network import OwnNetworks
    from ssinfnet.config.patients import Patients
    from ssinfnet.config.pretext_tasks import PretextTasks
    from ssinfnet.config.priors import Priors
    from ssinfnet.config.severity import Severity
    from ssinfnet.config.split import Split
    from ssinfnet.config.training import Multi, Single
    from ssinfnet.errors import InputError
    from ssinfnet.files.atomic import write_text
    from ssinfnet.files.json_file import read_json, write_json
    from ssinfnet.severity import checks as of_patients
    from ssinfnet.severity.patients import read_patients
    from ssinfnet.slices import checks
    from ssinfnet.slices.budget_checks import check_budgets
    from ssinfnet.slices.parts import read_split, tested
    from ssinfnet.slices.store import SliceStore

    split = command.section(Split, args.config_json, "split")
    labels = command.section(Labels, args.config_json, "labels")
    single = command.section(Single, args.config_json, "single")
    multi = command.section(Multi, args.config_json, "multi")
    tasks = command.section(PretextTasks, args.config_json, "pretext").tasks()
    priors = command.section(Priors, args.config_json, "priors")
    with_classes = command.section(Labelled, args.config_json, "labelled").classes
    folds = priors if with_classes and priors.mode == "out_of_fold" else None

    own = command.section(OwnNetworks, args.config_json, "networks")
    stages = [("single", single, own.single), *([("multi", multi, own.multi)] if with_classes else [])]
    every = [(name, stage, network) for name, stage, others in stages for network in (stage.network, *others)]
    trainings = [checks.of_training(name, stage, network, by_fold=name == "single") for name, stage, network in every]
    batches = [*trainings]
    for name in args.pretrained:
        batches += [checks.of_pretext(name, tasks[name], network) for _, _, network in every]
    tables = [read_split(path) for path in args.split]
    fingerprints = [read_json(path) for path in args.fingerprint]
    found = []
    for path, table, fingerprint in zip(args.split, tables, fingerprints, strict=True):
        found += [checks.check_groups(path, table), checks.check_infection(path, fingerprint, labels, split)]
        if with_classes:
            found.append(checks.check_classes(path, fingerprint, split))
        found.append(checks.check_batches(path, table, folds, batches))
    if args.labels:
        with SliceStore(args.slices) as store:
            drawn = {"budgets": args.labels, "with_classes": with_classes}
            # Without test folds one split is that of all seeds.
            by_split = [[seed] for seed in args.seeds] if split.folds else [args.seeds]
            for path, table, seeds in zip(args.split, tables, by_split, strict=True):
                found.append(check_budgets(path, table, store, labels, folds, trainings, seeds=seeds, **drawn))
    result = {"parts": checks.count_parts(fingerprints[0])}
    if split.folds:
        found.append(checks.check_coverage(tables, split))
        counts = zip(args.split, map(checks.count_parts, fingerprints), strict=True)
        result = {"tested": tested(tables), "parts": {path.parent.name: count for path, count in counts}}
    if args.patients:
        patients = command.section(Patients, args.config_json, "patients")
        severity = command.section(Severity, args.config_json, "severity")
        listed = read_patients(args.patients)
        found.append(of_patients.check_patients(args.patients, listed, patients, severity))
        result["patients"] = of_patients.count_patients(listed)

    notes = [note for one in found for note in one.notes]
    for note in notes:
        print(note, file=sys.stderr)
    if defects := [defect for one in found for defect in one.defects]:
        raise InputError.from_defects("the inputs, found before any training", defects)
    write_json(args.out, result | {"notes": notes})
    if args.out_passed:
        write_text(args.out_passed, f"Checked before the first training; {args.out.name} says what the inputs hold.\n")


if __name__ == "__main__":
    command.run(main)
