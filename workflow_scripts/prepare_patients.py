"""Turn the pictures of iCTCF patients and their clinical table into a slice store and a table of patients.

Pictures come from a manifest (download, phantom) or from a folder with one folder of pictures per patient. They are
joined with the table by patient id; without a table nobody has a severity class. The table of patients that is written
has the columns patient, morbidity, score (both empty: none) and slices. Files that are not read are named.
"""

import sys
from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` that lists the defects of all files."""
    parser = command.parser(__doc__, config="patients")
    pictures = parser.add_mutually_exclusive_group(required=True)
    pictures.add_argument("--manifest", type=Path, help="list of the pictures, CSV, as download_ictcf writes it")
    pictures.add_argument("--folder", type=Path, help="folder with one folder of pictures per patient")
    parser.add_argument("--table", type=Path, help="clinical table, .xlsx or .csv (default: nobody has a class)")
    parser.add_argument("--out", type=Path, required=True, help="slice store, HDF5")
    parser.add_argument("--patients", type=Path, required=True, help="table of the patients that is written, CSV")
    args = parser.parse_args(argv)
    from ssinfnet.config.patients import Patients
    from ssinfnet.files import folders
    from ssinfnet.sources import patients

    config = command.section(Patients, args.config_json, "patients")
    if args.folder:
        found, unread = patients.list_folder(args.folder, args.table)
        folders.tell(args.folder, unread)
    else:
        found = patients.read_manifest(args.manifest)
    print(patients.prepare(found, args.table, args.out, args.patients, config), file=sys.stderr)


if __name__ == "__main__":
    command.run(main)
