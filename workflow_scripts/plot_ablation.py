"""Draw what each part of a method adds to Dice: pretext task, augmentation, and how training priors were made.

Reads finished results folders: the config in summary.json, and the metrics (JSON) of each method and seed. Methods that
differ in one part alone are compared, image by image. Priors are of a whole config, so their effect needs two folders:

  python workflow_scripts/plot_ablation.py results/ablation results/ablation_in_sample \\
    --out-figure ablation.png --out-table ablation.csv
"""

from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__)
    parser.add_argument("results", type=Path, nargs="+", metavar="RESULTS", help="results folders of one split")
    parser.add_argument("--out-figure", type=Path, required=True, help="the picture, PNG")
    parser.add_argument("--out-table", type=Path, required=True, help="its numbers, CSV")
    args = parser.parse_args(argv)

    from ssinfnet.config.labelled import Labelled
    from ssinfnet.config.methods import Method
    from ssinfnet.config.priors import Priors
    from ssinfnet.config.split import Split
    from ssinfnet.evaluation import ablation
    from ssinfnet.figures import ablation as figure
    from ssinfnet.figures.style import save
    from ssinfnet.files.atomic import write_csv
    from ssinfnet.files.json_file import read_json

    found = []
    for folder in args.results:
        config = read_json(folder / "summary.json")["config"]
        methods = {name: command.section(Method, config["methods"], name) for name in config["methods"]}
        folds = command.section(Split, config, "split").folds
        classes = command.section(Labelled, config, "labelled").classes
        prior = command.section(Priors, config, "priors").mode
        found.append(ablation.Results(folder, methods, tuple(config["seeds"]), folds, classes, prior))
    table = ablation.tabulate(found)
    write_csv(args.out_table, table)
    save(figure.draw(table), args.out_figure)


if __name__ == "__main__":
    command.run(main)
