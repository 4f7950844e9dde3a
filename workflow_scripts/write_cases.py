"""Write the case browser: a page that opens without a network, to look at patients and labelled test slices.

Reads, of the lowest seed of each method, the maps, thresholds, ratios and scores of the patients and of the test part
of the split. Writes the page to be opened on its own, and one with fewer cases for Snakemake's report.
"""

from pathlib import Path

from ssinfnet import command, runs


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="methods, labels, segmentation, ictcf")
    parser.add_argument("--slices", type=Path, required=True, help="slice store of the labelled slices")
    parser.add_argument("--split", type=Path, required=True, help="table of the split")
    runs.add_option(parser, "single", "H5", "JSON", help="infection maps of the test part, and metrics", required=True)
    runs.add_option(parser, "multi", "H5", "JSON", help="class maps of the test part, predicted prior, and metrics")
    parser.add_argument("--pictures", type=Path, help="slice store of the iCTCF pictures")
    parser.add_argument("--lungs", type=Path, nargs="+", default=[], help="stores with the lungs, one per shard")
    parser.add_argument("--quality", type=Path, help="table of the cleaning, with the reasons of rejections")
    runs.add_option(parser, "infection", "H5", help="infection maps of the iCTCF slices, each shard by itself")
    runs.add_option(parser, "severity", "PATIENTS", "SLICES", "JSON", help="tables (CSV) and metrics of the severity")
    parser.add_argument("--out", type=Path, required=True, help="the page, HTML")
    parser.add_argument("--out-sample", type=Path, required=True, help="the page with fewer cases, HTML")
    args = parser.parse_args(argv)

    from ssinfnet import cases, cases_page, pages, splits
    from ssinfnet.config.labels import Labels
    from ssinfnet.files import write_text

    single, multi, severity = (
        runs.first_seeds(runs.parse(option)) for option in (args.single, args.multi, args.severity)
    )
    labels = runs.labels(single, args.config_json.get("methods", {}))
    thresholds = {run.method: runs.read_threshold(run.path) for run in single}
    tests, of_tests = cases.labelled_slices(
        args.slices,
        splits.ids(splits.read(args.split), "test"),
        command.section(Labels, args.config_json, "labels").infection,
        single,
        multi,
        int(cases_page.TESTS * cases_page.room(cases_page.LARGEST)),
    )
    patients, of_patients = [], 0
    if severity:
        budget = cases_page.room(cases_page.LARGEST, tests)
        files = (args.pictures, args.lungs, args.quality)
        patients, of_patients = cases.patients(*files, thresholds, runs.parse(args.infection), severity, budget)
    about = {
        "of_patients": of_patients,
        "of_tests": of_tests,
        "methods": [
            {"name": run.method, "label": labels[run.method], "seed": run.seed, "threshold": thresholds[run.method]}
            for run in single
        ],
        "severity": {run.method: runs.read_json(run.path) for run in severity},
        "notice": pages.phantom_notice(args.config_json),
    }
    write_text(args.out, cases_page.render(patients, tests, **about))
    fewer = cases_page.sample(patients, tests)
    write_text(args.out_sample, cases_page.render(*fewer, **about, fuller=args.out.name))


if __name__ == "__main__":
    command.run(main)
