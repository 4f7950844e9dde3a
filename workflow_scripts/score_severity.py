"""Score the severity of slices and patients from infection maps and lungs.

Reads both for all shards, the verdicts of the cleaning, the patients, the threshold of the infection maps and, where
there is a multi network, its classes; writes a table of slices, a table of patients (with the reason for each that is
left out), and metrics beside the picture-blind baseline as JSON and as a table.
"""

from pathlib import Path

from ssinfnet import command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` for inputs that do not fit and when nobody can be scored."""
    parser = command.parser(__doc__, config="severity")
    parser.add_argument("--slices-store", type=Path, required=True, help="slice store of the iCTCF pictures")
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

    from ssinfnet import runs, severity, severity_report
    from ssinfnet.config.severity import Severity
    from ssinfnet.files import write_json, write_text
    from ssinfnet.shards import Shards
    from ssinfnet.slices import SliceStore

    config = command.section(Severity, args.config_json, "severity")
    patients = severity_report.read_patients(args.patients)
    verdicts = severity_report.read_verdicts(args.quality)
    threshold = runs.read_threshold(args.threshold)
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(SliceStore(args.slices_store))
        lungs, infection, classes = (
            stack.enter_context(Shards(paths)) if paths else None
            for paths in (args.lungs, args.infection, args.classes)
        )
        slices, counts = severity_report.measure(store, lungs, infection, classes, verdicts, patients, threshold)
    slices = severity.score_slices(slices, config)
    patients = severity.score_patients(patients, slices[~slices["left_out"].isin(severity_report.NOT_USABLE)], config)
    patients = patients.join(severity_report.regions_of_patients(slices, counts, config.least_infected), on="patient")
    slices = slices.join(severity_report.regions_of_slices(counts, config.least_infected))
    metrics = {"threshold": threshold, **severity_report.summarise(slices, patients, config)}
    tables = {
        args.out_slices: slices,
        args.out_patients: patients,
        args.out_table: severity_report.table(metrics),
    }
    for path, table in tables.items():
        write_text(path, table.to_csv(index=False, lineterminator="\n", float_format="%.6g"))
    write_json(args.out_metrics, metrics)


if __name__ == "__main__":
    command.run(main)
