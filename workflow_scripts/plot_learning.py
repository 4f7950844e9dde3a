"""Draw how the trainings went: loss and validation Dice by epoch, and what the pretext rounds are measured by.

Reads the tables of epochs and of rounds of each method and seed (several files of one run are joined in the order
given); writes two PNGs. Without --rounds the second one says that no method has a pretext task.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command
from ssinfnet.evaluation import runs


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="methods")
    options.add_runs(parser, "epochs", "STAGE", "CSV", help="trainings, stage student, single or multi", required=True)
    options.add_runs(
        parser, "rounds", "STAGE", "CSV", help="pretext rounds of a task (stage single) or a method (stage multi)"
    )
    parser.add_argument("--out-epochs", type=Path, required=True, help="curves of the trainings, PNG")
    parser.add_argument("--out-rounds", type=Path, required=True, help="curves of the pretext task, PNG")
    args = parser.parse_args(argv)

    from ssinfnet.figures import learning
    from ssinfnet.figures.style import save

    epochs, rounds = runs.parse(args.epochs), runs.parse(args.rounds)
    labels = runs.labels(epochs, args.config_json.get("methods", {}))
    curves = learning.read_curves(epochs, ("epoch", "loss", "validation_loss", "validation_dice"))
    save(learning.learning_curves(curves, labels), args.out_epochs)
    curves = learning.read_curves(rounds, ("round", "phase", "epoch", "loss"))
    save(learning.pretext_curves(curves, labels), args.out_rounds)


if __name__ == "__main__":
    command.run(main)
