"""Write docs/config.md: every key of config.yaml with type, default and meaning, from the config models."""

from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the page, Markdown")
    args = parser.parse_args(argv)

    from ssinfnet.config.document import markdown
    from ssinfnet.config.workflow import Config
    from ssinfnet.files.atomic import write_text

    head = "# Config\n\n[Contents](../README.md#contents-of-docs)\n\nMade by `workflow_scripts/document_config.py`.\n\n"
    write_text(args.out, head + markdown(Config))


if __name__ == "__main__":
    command.run(main)
