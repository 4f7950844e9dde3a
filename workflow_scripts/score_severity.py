"""Score the severity of slices and patients from infection maps and lungs.

Reads both for all shards, the verdicts of the cleaning, the patients, the threshold of the infection maps and, where
there is a multi network, its classes; writes a table of slices, a table of patients (with the reason for each that is
left out), and metrics beside the picture-blind baseline as JSON and as a table.
"""

from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` for inputs that do not fit and when nobody can be scored."""
    parser = command.parser(__doc__, config="severity")
    parser.add_argument("--slices-store", type=Path, required=True, help="slice store of the patients' pictures")
    parser.add_argument("--lungs", type=Path, nargs="+", required=True, help="stores with the lungs, one per shard")
    parser.add_argument("--infection", type=Path, nargs="+", required=True, help="stores with the infection maps")
    parser.add_argument("--classes", type=Path, nargs="+", help="stores with the classes (default: no classes)")
    parser.add_argument("--threshold", type=Path, required=True, help="metrics of the single network (JSON)")
    parser.add_argument("--quality", type=Path, required=True, help="table of the cleaning, with a verdict per slice")
    parser.add_argument("--patients", type=Path, required=True, help="table of the patients with their scores")
    parser.add_argument("--out-slices", type=Path, required=True, help="ratio, scores, regions of each slice, CSV")
    parser.add_argument("--out-patients", type=Path, required=True, help="the same of each patient, CSV")
    parser.add_argument("--out-metrics", type=Path, required=True, help="metrics, cut-offs and counts, JSON")
    parser.add_argument("--out-table", type=Path, required=True, help="the metrics with intervals, a row each, CSV")
    args = parser.parse_args(argv)

    import contextlib

    from ssinfnet.config.severity import Severity
    from ssinfnet.evaluation.runs import read_threshold
    from ssinfnet.files.atomic import write_csv
    from ssinfnet.files.json_file import write_json
    from ssinfnet.lungs.verdicts import read_verdicts
    from ssinfnet.severity.patients import read_patients
    from ssinfnet.severity.scoring import score
    from ssinfnet.severity.summary import table
    from ssinfnet.slices.shards import Shards
    from ssinfnet.slices.store import SliceStore

    config = command.section(Severity, args.config_json, "severity")
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(SliceStore(args.slices_store))
        lungs, infection, classes = (
            stack.enter_context(Shards(paths)) if paths else None
            for paths in (args.lungs, args.infection, args.classes)
        )
        verdicts, patients = read_verdicts(args.quality), read_patients(args.patients)
        scored = score(store, lungs, infection, classes, verdicts, patients, read_threshold(args.threshold), config)
    write_csv(args.out_slices, scored.slices, digits=6)
    write_csv(args.out_patients, scored.patients, digits=6)
    write_csv(args.out_table, table(scored.metrics), digits=6)
    write_json(args.out_metrics, scored.metrics)


if __name__ == "__main__":
    command.run(main)
