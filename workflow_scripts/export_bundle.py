"""Export a trained method as one file, with which others score their scans.

Reads the final weights and metrics of each seed, the splits with their fingerprints, the calibration of the infected
share, and the severity metrics where patients were scored. Writes a zip of safetensors, JSON and a model card, whose
manifest has the SHA-256 of every file; then reads it back as an importer would. docs/bundle.md says what is in it.
"""

import sys
from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` for weights that do not fit the config, and for runs of several methods."""
    sections = (
        "method, sources (labelled, patients, unlabelled_folder, unlabelled_patients), labelled (hu_window), split "
        "(by, folds), single and multi (network, training), labels, parenchyma, cleaning, severity"
    )
    parser = command.parser(__doc__, config=sections)
    options.add_runs(parser, "single", "WEIGHTS", "JSON", help="infection network and its metrics", required=True)
    options.add_runs(parser, "multi", "WEIGHTS", "JSON", help="class network and its metrics, predicted prior")
    options.add_runs(parser, "severity", "JSON", help="metrics of the patients' severity")
    parser.add_argument("--interval", type=Path, required=True, help="calibration of the infected share, JSON")
    parser.add_argument(
        "--split", type=Path, nargs="+", required=True, help="table of the split, CSV, or one for each --single"
    )
    parser.add_argument("--fingerprint", type=Path, nargs="+", required=True, help="what its parts hold, JSON")
    parser.add_argument("--out", type=Path, required=True, help="the bundle, zip")
    args = parser.parse_args(argv)

    from ssinfnet.config.cleaning import Cleaning
    from ssinfnet.config.labelled import Labelled
    from ssinfnet.config.labels import Labels
    from ssinfnet.config.methods import Method
    from ssinfnet.config.parenchyma import Parenchyma
    from ssinfnet.config.severity import Severity
    from ssinfnet.config.split import Split
    from ssinfnet.config.training import Multi, Single
    from ssinfnet.errors import InputError
    from ssinfnet.evaluation import runs
    from ssinfnet.exchange import bundle, model_card
    from ssinfnet.exchange.bundle_export import Config, Results, collect
    from ssinfnet.exchange.licences import Sources

    names = (Method, Sources, Labelled, Split, Single, Labels, Parenchyma, Cleaning, Severity)
    models = {model.__name__.lower(): model for model in names} | ({"multi": Multi} if args.multi else {})
    config = Config(
        **{"multi": None} | {name: command.section(model, args.config_json, name) for name, model in models.items()}
    )
    if len(args.split) != len(args.fingerprint):
        raise InputError("--split and --fingerprint need the same number of files, in one order")
    given = {name: runs.parse(getattr(args, name)) for name in ("single", "multi", "severity")}
    method = runs.require_one_method(given["single"])
    seeds = sorted(run.seed for run in given["single"])
    for name in ("multi", "severity"):
        if given[name] and (runs.require_one_method(given[name]), sorted(run.seed for run in given[name])) != (
            method,
            seeds,
        ):
            raise InputError(f"--{name} is not of the same method and seeds as --single")
    results = Results(
        **{name: {run.seed: run.path for run in several} for name, several in given.items()},
        interval=args.interval,
        splits=list(zip(args.split, args.fingerprint, strict=True)),
    )
    content = collect(config, results)
    weights = {(run.seed, stage): Path(run.values[0]) for stage in ("single", "multi") for run in given[stage]}
    card = model_card.write(config.method, seeds, content)
    identity = bundle.write(
        args.out, method=method, label=config.method.label, content=content, card=card, weights=weights
    )
    if bundle.read(args.out).identity != identity:
        raise InputError(f"{args.out}: is not what was written; look at the disk, and export again")
    print(f"{args.out}: {args.out.stat().st_size:,} bytes, identity {identity}", file=sys.stderr)


if __name__ == "__main__":
    command.run(main)
