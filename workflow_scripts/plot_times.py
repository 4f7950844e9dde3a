"""Draw where the time of the run went, from the benchmark files that Snakemake leaves."""

from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__)
    parser.add_argument("--benchmarks", type=Path, required=True, help="folder with RULE.tsv or RULE/*.tsv")
    parser.add_argument("--out", type=Path, required=True, help="time by rule, PNG")
    args = parser.parse_args(argv)

    from ssinfnet.figures import job_times
    from ssinfnet.figures.style import save

    save(job_times.draw(job_times.read(args.benchmarks)), args.out)


if __name__ == "__main__":
    command.run(main)
