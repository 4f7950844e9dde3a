"""Score the severity of slices and patients from infection maps and lungs.

Reads both for all shards, the verdicts of the cleaning and the patients; writes a table of slices, a table of patients
(with the reason for each that is left out), and metrics beside the majority baseline.
"""

from pathlib import Path

from ssinfnet import command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` for inputs that do not fit and when nobody can be scored."""
    parser = command.parser(__doc__, config="severity")
    parser.add_argument("--slices-store", type=Path, required=True, help="slice store of the iCTCF pictures")
    parser.add_argument("--lungs", type=Path, nargs="+", required=True, help="stores with the lungs, one per shard")
    parser.add_argument("--infection", type=Path, nargs="+", required=True, help="stores with the infection maps")
    parser.add_argument("--quality", type=Path, required=True, help="table of the cleaning, with a verdict per slice")
    parser.add_argument("--patients", type=Path, required=True, help="table of the patients with their scores")
    parser.add_argument("--out-slices", type=Path, required=True, help="ratio and scores of each slice, CSV")
    parser.add_argument("--out-patients", type=Path, required=True, help="ratios and scores of each patient, CSV")
    parser.add_argument("--out-metrics", type=Path, required=True, help="metrics, cut-offs and counts, JSON")
    args = parser.parse_args(argv)

    from ssinfnet import severity, severity_report
    from ssinfnet.config.severity import Severity
    from ssinfnet.files import write_json, write_text
    from ssinfnet.shards import Shards
    from ssinfnet.slices import SliceStore

    config = command.section(Severity, args.config_json, "severity")
    patients = severity_report.read_patients(args.patients)
    verdicts = severity_report.read_verdicts(args.quality)
    with SliceStore(args.slices_store) as store, Shards(args.lungs) as lungs, Shards(args.infection) as infection:
        slices = severity_report.measure(store, lungs, infection, verdicts, patients)
    slices = severity.score_slices(slices, config)
    patients = severity.score_patients(
        patients, slices[~slices["left_out"].isin(["lungs rejected", "no lungs"])], config
    )
    metrics = severity_report.summarise(slices, patients, config)
    for path, table in ((args.out_slices, slices), (args.out_patients, patients)):
        write_text(path, table.to_csv(index=False, lineterminator="\n", float_format="%.6g"))
    write_json(args.out_metrics, metrics)


if __name__ == "__main__":
    command.run(main)
