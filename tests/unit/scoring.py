"""Scans scored by the command, as a person does, with the bundle of small networks."""

import json

import chest_scan

import score_scans

VALUES = chest_scan.Chest().values[::3]
SPACING = (chest_scan.SPACING[0] * 3, *chest_scan.SPACING[1:])


def run(bundle, out, *arguments):
    """The exit status."""
    try:
        score_scans.main([*map(str, arguments), "--bundle", str(bundle), "--out", str(out)])
    except SystemExit as end:
        return end.code
    return 0


def result(folder):
    """What the JSON of a scan says."""
    return json.loads((folder / "measures.json").read_text())


def only(out):
    """The folder of the one scan that was scored."""
    (folder,) = [path for path in out.iterdir() if path.is_dir()]
    return folder
