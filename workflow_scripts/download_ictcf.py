"""Download the CT pictures of the iCTCF patients and the clinical table, and write their manifest.

Reads the patients from the table (config patients.table, or fetched from download.ictcf_table_url), fetches one archive
per patient over a few connections, and unpacks it to patients/ beside the manifest. An interrupted download goes on
where it stopped. The manifest (columns patient, file, bytes, sha256) is written last; the table lies beside it.
"""

import sys
from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` that lists what could not be fetched."""
    parser = command.parser(__doc__, config="download, patients")
    parser.add_argument("--out", type=Path, required=True, help="manifest, CSV; the pictures go to its folder")
    args = parser.parse_args(argv)
    from ssinfnet.config.download import Download
    from ssinfnet.config.patients import Patients
    from ssinfnet.sources.download.ictcf import download

    sections = (
        command.section(model, args.config_json, name)
        for name, model in (("download", Download), ("patients", Patients))
    )
    print(download(args.out, *sections), file=sys.stderr)


if __name__ == "__main__":
    command.run(main)
