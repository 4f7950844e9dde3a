"""Generate the phantom: chest-like CT data in the file layouts of MedSeg and iCTCF, for runs without a download.

Writes below the output folder medseg/ (tr_im.nii.gz, tr_mask.nii.gz, val_im.nii.gz, rp_im.zip, rp_msk.zip,
rp_lung_msk.zip) and ictcf/ (manifest.csv, Patients.xlsx, patients/<patient>/*.jpg). Equal configs give equal bytes.
"""

from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` for a wrong config."""
    parser = command.parser(__doc__, config="phantom")
    parser.add_argument("--out-dir", type=Path, required=True, help="folder of the phantom's files")
    args = parser.parse_args(argv)
    from ssinfnet.config.phantom import Phantom
    from ssinfnet.sources.phantom import generate

    generate.generate(args.out_dir, command.section(Phantom, args.config_json, "phantom"))


if __name__ == "__main__":
    command.run(main)
