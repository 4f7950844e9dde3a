"""Say before the first training what would fail after it.

Reads the split with its fingerprint and, where patients are scored, their table, and holds them against the config:
infected slices in each part, classes, folds, batches, severity classes, cut-offs. Writes what was found as JSON, and
a file that trainings wait for. All findings that stop the run are one error.
"""

import sys
from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` that lists all findings."""
    parser = command.parser(__doc__, config="labels, labelled, priors, single, multi, pretext, patients, severity")
    parser.add_argument("--split", type=Path, required=True, help="table of the split, CSV")
    parser.add_argument("--fingerprint", type=Path, required=True, help="what its parts hold, JSON")
    parser.add_argument("--patients", type=Path, help="table of the patients, CSV; none where no severity is scored")
    parser.add_argument("--pretrained", nargs="+", default=[], help="the pretext tasks of the methods")
    parser.add_argument("--out", type=Path, required=True, help="what was found, JSON")
    parser.add_argument(
        "--out-passed", type=Path, help="a line of text, written when all is well; trainings wait for it"
    )
    args = parser.parse_args(argv)

    from ssinfnet.config.labelled import Labelled
    from ssinfnet.config.labels import Labels
    from ssinfnet.config.patients import Patients
    from ssinfnet.config.pretext import PretextTasks
    from ssinfnet.config.priors import Priors
    from ssinfnet.config.severity import Severity
    from ssinfnet.config.training import Multi, Single
    from ssinfnet.errors import InputError
    from ssinfnet.files.atomic import write_text
    from ssinfnet.files.json_file import read_json, write_json
    from ssinfnet.severity import checks as of_patients
    from ssinfnet.severity.patients import read_patients
    from ssinfnet.slices import checks
    from ssinfnet.slices.parts import read_split

    labels = command.section(Labels, args.config_json, "labels")
    single = command.section(Single, args.config_json, "single")
    multi = command.section(Multi, args.config_json, "multi")
    tasks = command.section(PretextTasks, args.config_json, "pretext").tasks()
    priors = command.section(Priors, args.config_json, "priors")
    with_classes = command.section(Labelled, args.config_json, "labelled").classes
    folds = priors if with_classes and priors.mode == "out_of_fold" else None

    fingerprint = read_json(args.fingerprint)
    table = read_split(args.split)
    found = [checks.check_infection(args.split, fingerprint, labels)]
    batches = [checks.of_training("single", single, by_fold=True)]
    if with_classes:
        found.append(checks.check_classes(args.split, fingerprint))
        batches.append(checks.of_training("multi", multi))
    for name in args.pretrained:
        batches += [checks.of_pretext(name, tasks[name], one.network) for one in [single, multi][: 1 + with_classes]]
    found.append(checks.check_batches(args.split, table, folds, batches))
    result = {"parts": checks.count_parts(fingerprint)}
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
