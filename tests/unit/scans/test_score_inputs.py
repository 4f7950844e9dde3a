"""What people have in their folders, given to the command: each scan scored, each other thing with its reason."""

import zipfile
from pathlib import Path

import bundles
import numpy as np
import pandas as pd
import pydicom
import pytest
import stored_scans
from matplotlib.figure import Figure
from PIL import Image
from scoring import SPACING, VALUES, only, result, run

from ssinfnet.lungs import direction
from ssinfnet.lungs.slice_methods import closed
from ssinfnet.scans import outputs, picture_volume
from ssinfnet.slices.window import LUNG_WINDOW, to_grey

VALUES = VALUES[::2]
SPACING = (SPACING[0] * 2, *SPACING[1:])


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return bundles.make(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(autouse=True)
def no_picture(monkeypatch):
    """Drawing takes the most time, and is tested elsewhere."""
    monkeypatch.setattr(outputs.overview, "draw", lambda *_, **__: Figure((1, 1)))


def save_pictures(folder, values=VALUES, suffix=".png"):
    folder.mkdir(parents=True)
    for place, one in enumerate(to_grey(values, LUNG_WINDOW)):
        Image.fromarray(one).save(folder / f"p{place:02}{suffix}")
    return folder


def test_a_tree_of_many_kinds(tmp_path, bundle, capsys):
    tree = tmp_path / "tree"
    series = stored_scans.slices_of(VALUES, spacing=SPACING)
    stored_scans.save(series, tree / "dicom/deep/er")
    other = stored_scans.slices_of(VALUES, spacing=SPACING)
    stored_scans.save(other, tmp_path / "packed")
    with zipfile.ZipFile(tree / "packed.zip", "w") as archive:
        for path in (tmp_path / "packed").iterdir():
            archive.write(path, f"study/series/{path.name}")
        archive.write(next((tree / "dicom/deep/er").iterdir()), "again.dcm")
    localiser = stored_scans.slices_of(VALUES[:1], spacing=SPACING)
    localiser[0].ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    stored_scans.save(localiser, tree / "dicom/scout")
    stored_scans.save_nifti(tree / "chest.nii.gz", VALUES, "SAR", spacing=SPACING)
    stored_scans.save_nifti(tree / "mask.nii.gz", (VALUES > -300).astype(np.int16), spacing=SPACING)
    (tree / "empty.nii.gz").touch()
    (tree / "damaged.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 50)
    (tree / "damaged.zip").write_bytes(b"PK\x03\x04" + b"\0" * 50)
    (tree / "notes.txt").write_text("of Jo Doe")
    (tree / "deep").mkdir()
    (tree / "deep/dam\x1b[2Jaged.dcm").write_bytes(b"\0" * 132)
    (tree / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    assert run(bundle, tmp_path / "out", tree) == 1
    table = pd.read_csv(tmp_path / "out/scans.csv", keep_default_na=False).set_index("name")
    scored = table[table["scored"]]
    assert sorted(scored["kind"]) == ["dicom", "dicom", "nifti"] and set(scored["refused"]) == {""}
    refused = sorted(table[~table["scored"]]["refused"])
    # The two damaged DICOM files have one reason, so they are one row.
    assert refused == ["not_hounsfield", "unreadable_file", "unreadable_file", "unreadable_file"]
    said = capsys.readouterr().err
    assert f"{tree}: refused: " in said and "damaged.zip)" in said and "notes.txt" in said
    assert "deep/dam\\x1b[2Jaged.dcm" in said and "\x1b[2J" not in said
    by_kind = scored.groupby("kind")["lung_ml"].first()
    assert by_kind["dicom"] == pytest.approx(by_kind["nifti"])
    told = (tmp_path / "out/scans.html").read_text()
    assert str(tmp_path) not in told and "Jo Doe" not in told


def test_the_files_that_pydicom_ships_have_coded_outcomes(tmp_path, bundle):
    """highdicom ships none in its package."""
    files = Path(pydicom.__file__).parent / "data/test_files"
    assert run(bundle, tmp_path, files) == 1
    table = pd.read_csv(tmp_path / "scans.csv", keep_default_na=False)
    assert len(table) >= 5
    outcomes = set(" ".join(table["refused"]).split())
    assert outcomes <= {"not_chest", "no_lungs", "unreadable_file", "not_hounsfield"} and "not_chest" in outcomes
    assert (table["scored"] ^ table["refused"].ne("")).all()


def test_masks_of_pictures_named_from_the_feet_have_the_names_of_their_pictures(tmp_path, bundle, monkeypatch):
    monkeypatch.setattr(picture_volume, "_direction", lambda *_: direction.UP)
    values = VALUES[2:7]  # the lungs of each slice differ
    folder = save_pictures(tmp_path / "pictures", values)
    assert run(bundle, tmp_path / "out", folder) == 0
    scan = only(tmp_path / "out")
    assert "taken the other way round" in result(scan)["outcomes"][0]["text"]
    lungs = [closed(np.asarray(Image.open(path))) for path in sorted(folder.iterdir())]
    assert all((one != lungs[4 - place]).any() for place, one in enumerate(lungs) if place != 2)
    for place, expected in enumerate(lungs):
        mask = np.asarray(Image.open(scan / f"masks/lungs/p{place:02}.png"))
        np.testing.assert_array_equal(mask > 0, expected > 0)


def test_pictures_that_differ_in_their_suffix_are_refused(tmp_path, bundle):
    folder = save_pictures(tmp_path / "pictures", VALUES[4:6])
    Image.fromarray(to_grey(VALUES[4], LUNG_WINDOW)).save(folder / "P00.jpg")
    assert run(bundle, tmp_path / "out", folder) == 1
    (outcome,) = result(only(tmp_path / "out"))["outcomes"]
    assert outcome["code"] == "same_names" and "p00.png" in outcome["text"] and "P00.jpg" in outcome["text"]


def test_files_of_an_earlier_call_do_not_stay(tmp_path, bundle):
    """A scan that was scored and is refused now has no mask, and one of fewer pictures no mask too many."""
    folder = save_pictures(tmp_path / "pictures", VALUES[3:7])
    assert run(bundle, tmp_path / "out", folder) == 0
    scan = only(tmp_path / "out")
    (scan / "masks/mine.txt").write_text("stays")
    (folder / "p03.png").unlink()
    assert run(bundle, tmp_path / "out", folder, "--level", "0.8") == 0
    assert sorted(path.name for path in (scan / "masks/lungs").iterdir()) == ["p00.png", "p01.png", "p02.png"]
    (folder / "p00.png").write_bytes(b"broken")
    assert run(bundle, tmp_path / "out", folder, "--level", "0.7") == 1
    left = {str(path.relative_to(scan)) for path in scan.rglob("*") if path.is_file()}
    assert left == {"measures.csv", "measures.json", "report.html", "masks/mine.txt"}
