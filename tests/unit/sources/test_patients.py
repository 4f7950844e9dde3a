"""iCTCF pictures and clinical table."""

import shutil
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import prepare_patients
from ssinfnet.config.labelled import Transform
from ssinfnet.config.patients import Patients
from ssinfnet.config.phantom import Phantom
from ssinfnet.errors import InputError
from ssinfnet.files import pictures
from ssinfnet.slices.store import SliceStore
from ssinfnet.sources import patients as ictcf
from ssinfnet.sources.clinical_table import check_classes, patient_id, read_table
from ssinfnet.sources.phantom import generate

DATA = Path(__file__).parents[4] / "shared" / "data"
TABLE = """Patient,Age,Morbidity
Patient 3,50,Critically ill
Patient 1,60,Suspected
Patient 2,70,Mild
Patient 11,80,Severe
"""


def grey(value):
    return Image.fromarray(np.full((8, 8), value, np.uint8))


@pytest.fixture
def data(tmp_path):
    """A table of four patients; folders of three of them, the order of names not that of numbers."""
    (tmp_path / "table.csv").write_text(TABLE)
    for folder, names in (
        ("Patient 11", "b10 b9"),
        ("Patient 2", "b1"),
        ("Patient 3", "b1 b2 b3 b4 b5 b6 b7 b8 b9 b10"),
    ):
        (tmp_path / "ct" / folder / "CT").mkdir(parents=True)
        for name in names.split():
            # The grey tells which picture it is: the patient's tens, the picture's ones.
            value = int(folder.split()[1]) * 20 + int(name[1:])
            grey(value).save(tmp_path / "ct" / folder / "CT" / f"{name}.jpg", quality=100)
    return tmp_path


def prepare(data, config="{}", source=("--folder", "ct"), table="table.csv"):
    option, name = source
    arguments = ["--config-json", f'{{"patients": {config}}}', option, str(data / name), "--table", str(data / table)]
    prepare_patients.main([*arguments, "--out", str(data / "out.h5"), "--patients", str(data / "patients.csv")])
    return SliceStore(data / "out.h5"), pd.read_csv(data / "patients.csv", keep_default_na=False, dtype=str)


def test_joined_by_patient_not_by_position(data):
    store, patients = prepare(data)
    assert patients.to_dict("list") == {
        "patient": ["p0003", "p0001", "p0002", "p0011"],
        "morbidity": ["Critically ill", "Suspected", "Mild", "Severe"],
        "score": ["2", "", "0", "1"],
        "slices": ["10", "0", "1", "2"],
    }
    assert store.ids == [f"p0003_b{k}" for k in range(1, 11)] + ["p0002_b1", "p0011_b9", "p0011_b10"]
    for name, group in zip(store.ids, store.index["group"], strict=True):
        patient, picture = name.split("_b")
        assert group == patient
        assert abs(int(store.read("image", name)[0, 0]) - (int(patient[1:]) * 20 + int(picture))) <= 1


def test_pictures_evenly_spaced_over_the_scan(data):
    store, patients = prepare(data, '{"slices_per_patient": 2}')
    assert store.ids == ["p0003_b3", "p0003_b8", "p0002_b1", "p0011_b9", "p0011_b10"]
    assert list(patients["slices"]) == ["2", "0", "1", "2"]


def test_two_series_keep_apart(data):
    (data / "ct/Patient 2/other").mkdir()
    grey(9).save(data / "ct/Patient 2/other/b1.jpg")
    store, _ = prepare(data)
    assert {"p0002_CT-b1", "p0002_other-b1"} <= set(store.ids)


def test_other_columns_and_scores(data):
    (data / "other.csv").write_text("\ufeffid,class\n3,bad\n1,good\n2,good\n11, bad \n", encoding="utf-8")
    config = '{"patient_column": "id", "morbidity_column": "class", "scores": {"bad": 2}, "left_out": ["good"]}'
    _, patients = prepare(data, config, table="other.csv")
    assert list(patients["score"]) == ["2", "", "", "2"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Patient 1", "p0001"), ("patient_0012", "p0012"), ("p0001", "p0001"), (1521, "p1521"), ("7.0", "p0007"),
     (" Patient 12345 ", "p12345"), ("A-17", "A-17"), ("Smith J", "Smith_J")],
)  # fmt: skip
def test_patient_id(text, expected):
    assert patient_id(text) == expected


@pytest.mark.parametrize("text", ["", "a/b", "../x", ".hidden", "a\nb"])
def test_unusable_patient_id(text):
    with pytest.raises(ValueError, match="cannot be a patient id"):
        patient_id(text)


def write(name, content):
    return lambda data: (data / name).write_bytes(content)


def rows(text):
    return write("table.csv", b"Patient,Morbidity\n" + text)


def cut_off(data):
    path = data / "ct/Patient 2/CT/b1.jpg"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:-300])


BROKEN = {
    "no morbidity column": (write("table.csv", b"Patient,Age,Class\n1,3,severe\n"),
                            "no column 'Morbidity' among Patient, Age, Class"),
    "no patient column": (write("table.csv", b"Name,Morbidity\na,Mild\n"), "give its name as patients.patient_column"),
    "empty table": (rows(b""), "table.csv: holds no patient"),
    "unknown class": (rows(b"1,Mild\n2,Severre\n3,Mild\n11,Mild\n"),
                      "did you mean 'Severe'"),
    "patient twice": (rows(b"1,Mild\n2,Mild\nPatient 2,Mild\n3,Mild\n11,Mild\n"), "row 4: p0002 is in row 3 already"),
    "patient empty": (rows(b"1,Mild\n2,Mild\n3,Mild\n11,Mild\n,Mild\n"), "row 6: '' cannot be a patient id"),
    "patient unknown": (rows(b"1,Mild\n2,Mild\n3,Mild\n"), "b9.jpg: patient p0011 is not in"),
    "damaged picture": (cut_off, "b1.jpg: damaged picture"),
    "web page": (write("ct/Patient 2/CT/b1.jpg", b"<html>"), "b1.jpg: cannot be read as JPEG"),
    "duplicate id": (lambda data: grey(1).save(data / "ct/Patient 2/CT/b1.png"), "duplicate slice id 'p0002_b1'"),
    "loose picture": (lambda data: grey(1).save(data / "ct/x.jpg"), "x.jpg: lies outside of a patient's folder"),
    "two folders": (lambda data: (data / "ct/p0002").mkdir(), "patient p0002 has the folder Patient 2 already"),
    "no folder": (lambda data: shutil.rmtree(data / "ct"), "ct: no such folder"),
    "empty folder": (lambda data: (shutil.rmtree(data / "ct"), (data / "ct").mkdir()), "ct: no picture in it"),
    "no table": (lambda data: (data / "table.csv").unlink(), "table.csv: cannot be read (no such file)"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "message"), BROKEN.values(), ids=BROKEN)
def test_bad_input(data, change, message):
    change(data)
    with pytest.raises(InputError) as error:
        prepare(data)
    assert message in str(error.value) and "\n" not in str(error.value)
    assert not (data / "out.h5").exists() and not (data / "patients.csv").exists()


@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html><html></html>", b"PK\x03\x04"])
def test_what_is_no_xlsx(data, content):
    (data / "table.xlsx").write_bytes(content)
    with pytest.raises(InputError, match=r"table\.xlsx: cannot be read as a table") as error:
        prepare(data, table="table.xlsx")
    assert "\n" not in str(error.value)


def test_all_defects_are_listed_at_once(data):
    cut_off(data)
    (data / "ct/Patient 3/CT/b5.jpg").write_bytes(b"")
    rows(b"1,Mild\n2,Mild\n3,Mild\n")(data)
    with pytest.raises(InputError, match="3 defects") as error:
        prepare(data)
    assert all(part in str(error.value) for part in ("p0011", "Patient 2/CT/b1.jpg", "Patient 3/CT/b5.jpg"))


CLASSES = ["Critically ill", "Suspected", "Mild", "Severe"]


@pytest.mark.parametrize(
    "change", [str.lower, str.upper, lambda name: f"  {name} ", lambda name: name.replace(" ", "  ")]
)
def test_case_and_blanks_of_classes_do_not_matter(data, change):
    expected = read_table(data / "table.csv", Patients())
    lines = [f"{patient},{change(name)}" for patient, name in zip((3, 1, 2, 11), CLASSES, strict=True)]
    rows("\n".join(lines).encode())(data)
    assert read_table(data / "table.csv", Patients()).equals(expected)


def test_classes_that_are_numbers(data):
    rows(b"3,2.0\n1,0\n2,\n11,1\n")(data)
    table = read_table(data / "table.csv", Patients(scores={0: 0, 1: 1, 2: 2}))
    assert table["morbidity"].tolist() == ["2", "0", "", "1"] and table["score"].dropna().tolist() == [2, 0, 1]


def test_all_unknown_classes_are_listed_with_their_number_and_the_nearest():
    lines = check_classes(["Sever", "sever", "Sever", "xyzzy", "Mild", "", "n/a", "Suspected"], Patients())
    assert [line.split(",")[0] for line in lines] == [
        "2 rows with the Morbidity 'Sever'",
        "1 row with the Morbidity 'sever'",
        "1 row with the Morbidity 'xyzzy'",
    ]
    assert "did you mean 'Severe'" in lines[1] and "did you mean" not in lines[2] and "patients.left_out" in lines[2]


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (
            {"Control": 0, "Mild": 1, "Severe": 2, "Critically ill": 3},
            "Critically ill has 3; the severity scores are 0, 1",
        ),
        ({"Mild": -1}, "Mild has -1"),
        ({"Severe": 1, " severe": 2}, "'Severe' and ' severe' are one class with two scores"),
    ],
)
def test_scores_that_cannot_be_are_refused_by_the_config(scores, message):
    with pytest.raises(ValueError, match=message):
        Patients(scores=scores)
    assert Patients(scores={"Severe": 1, "SEVERE": 1}).scores["SEVERE"] == 1


@pytest.mark.parametrize(
    "table", [b"Patient,Age\n3,50\n1,60\n2,70\n11,80\n", b"Patient,Morbidity\n3,\n1,-\n2,N/A\n11, \n"]
)
def test_a_table_without_any_class(data, table, capsys):
    write("table.csv", table)(data)
    store, patients = prepare(data)
    assert patients["patient"].tolist() == ["p0003", "p0001", "p0002", "p0011"] and len(store.ids) == 13
    assert set(patients["morbidity"]) == set(patients["score"]) == {""}
    assert "no patient has a severity score" in capsys.readouterr().err


def test_no_table_at_all(data):
    arguments = ["--config-json", '{"patients": {}}', "--folder", str(data / "ct"), "--out", str(data / "out.h5")]
    prepare_patients.main([*arguments, "--patients", str(data / "patients.csv")])
    patients = pd.read_csv(data / "patients.csv", keep_default_na=False, dtype=str)
    assert patients.to_dict("list") == {
        "patient": ["p0002", "p0003", "p0011"],
        "morbidity": [""] * 3,
        "score": [""] * 3,
        "slices": ["1", "10", "2"],
    }


def test_the_check_before_anything_is_read_finds_the_same_patients(data):
    prepare(data, '{"slices_per_patient": 2}')
    config = Patients(slices_per_patient=2)
    found = ictcf.check(ictcf.list_folder(data / "ct").pictures, data / "table.csv", config)
    assert found.to_csv(index=False) == (data / "patients.csv").read_text()
    rows(b"3,Sever\n2,Mild\n11,Mild\n")(data)
    with pytest.raises(InputError, match="'Sever'"):
        ictcf.check(ictcf.list_folder(data / "ct").pictures, data / "table.csv", config)


@pytest.mark.parametrize("transform", get_args(Transform))
def test_pictures_turned_by_the_opposite_come_out_as_they_were(data, transform):
    back = {"rotate_90": "rotate_270", "rotate_270": "rotate_90"}.get(transform, transform)
    picture = np.random.default_rng(0).integers(0, 255, (8, 12), np.uint8)
    Image.fromarray(pictures.transpose(picture, back)).save(data / "ct/Patient 2/CT/b1.png")
    (data / "ct/Patient 2/CT/b1.jpg").unlink()
    store, _ = prepare(data, f'{{"transform": "{transform}"}}')
    np.testing.assert_array_equal(store.read("image", "p0002_b1"), picture)


def test_files_that_are_not_read_are_named_once_with_why(data, capsys):
    patient = data / "ct/Patient 2"
    (patient / "CT/ct.nii.gz").write_bytes(b"\x1f\x8b" + bytes(600))
    (patient / "notes.txt").write_text("seen")
    (patient / "gone.jpg").symlink_to(data / "nowhere.jpg")
    (data / "ct/Readme.md").write_text("about")
    (patient / "CT/.DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (patient / "Thumbs.db").write_bytes(b"x")
    shutil.move(data / "table.csv", data / "ct/table.csv")
    prepare(data, table="ct/table.csv")
    said = [line.split(" is not read: ") for line in capsys.readouterr().err.splitlines() if " is not read: " in line]
    named = {Path(path).name: why for path, why in said}
    assert len(named) == len(said)
    assert set(named) == {"Readme.md", "ct.nii.gz", "gone.jpg", "notes.txt", ".DS_Store", "Thumbs.db"}
    assert named["ct.nii.gz"].startswith("NIfTI; save each slice as a picture")


def test_a_patient_of_whom_nothing_is_read_is_named(data, capsys):
    shutil.rmtree(data / "ct/Patient 2/CT")
    (data / "ct/Patient 2/ct.nii").write_bytes(bytes(400))
    _, patients = prepare(data)
    said = capsys.readouterr().err
    assert "Patient 2 is not read: it holds no picture, so patient p0002 has none" in said
    assert "ct.nii is not read: " in said
    assert patients.set_index("patient").loc["p0002", "slices"] == "0"


@pytest.mark.parametrize("linked", ["Patient 2", "Patient 2/CT", "Patient 2/CT/b1.jpg"])
def test_links_are_followed(data, linked):
    expected = prepare(data)[0].ids
    shutil.move(data / "ct" / linked, data / "elsewhere")
    (data / "ct" / linked).symlink_to(data / "elsewhere")
    store, _ = prepare(data)
    assert store.ids == expected


def test_links_that_lead_to_what_is_read_already_are_named_and_not_read_again(data, capsys):
    expected = prepare(data)[0].ids
    (data / "ct/Patient 3/again").symlink_to(data / "ct/Patient 3/CT")
    (data / "ct/Patient 3/CT/round").symlink_to(data / "ct/Patient 3")
    store, _ = prepare(data)
    assert store.ids == expected
    said = capsys.readouterr().err
    assert said.count("a link to a folder that is read already") == 2


def test_a_link_upwards_does_not_lead_to_other_patients(data, capsys):
    expected = prepare(data)[0].ids
    (data / "ct/Patient 2/all").symlink_to("..")
    assert prepare(data)[0].ids == expected
    assert "Patient 2/all is not read: a link to a folder" in capsys.readouterr().err


def test_dicom_in_a_linked_folder_is_refused(data):
    (data / "elsewhere").mkdir()
    (data / "elsewhere/IM1").write_bytes(bytes(128) + b"DICM" + bytes(400))
    (data / "ct/Patient 2/CT2").symlink_to(data / "elsewhere")
    with pytest.raises(InputError, match="1 DICOM file"):
        prepare(data)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    generate._ictcf(folder, Phantom(size=64, patients=13, slices_per_patient=1))
    return folder


def test_phantom_round_trip(small, tmp_path):
    copy = shutil.copytree(small, tmp_path / "ictcf")
    store, patients = prepare(copy, source=("--manifest", "manifest.csv"), table="Patients.xlsx")
    assert len(patients) == 13 and sorted(patients["slices"]) == ["0"] + ["1"] * 12
    assert store.ids == [f"{name}_IMG-0001-00001" for name in patients.loc[patients["slices"] == "1", "patient"]]
    assert set(patients.loc[patients["score"] == "", "morbidity"]) == {"Suspected"}
    as_folder, again = prepare(copy, source=("--folder", "patients"), table="Patients.xlsx")
    assert as_folder.ids == store.ids and again.equals(patients)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.write_text("a,b\n1,2\n"), "not a manifest"),
        (lambda f: f.write_text("patient,file,bytes,sha256\n"), "lists no picture"),
        (lambda f: f.write_bytes(b""), "cannot be read as a table"),
        (lambda f: f.unlink(), "no such file"),
        (lambda f: grey(1).save(next(f.parent.rglob("*.jpg"))), "has changed since the download"),
        (lambda f: next(f.parent.rglob("*.jpg")).unlink(), "no such file"),
    ],
)
def test_bad_manifest(small, tmp_path, change, message):
    copy = shutil.copytree(small, tmp_path / "ictcf")
    change(copy / "manifest.csv")
    with pytest.raises(InputError, match=message) as error:
        prepare(copy, source=("--manifest", "manifest.csv"), table="Patients.xlsx")
    assert "\n" not in str(error.value)


def test_column_names_are_those_of_the_phantom():
    assert {Patients().patient_column, Patients().morbidity_column} <= set(
        generate._clinical(1, "Mild", False, np.random.default_rng(0))
    )


@pytest.mark.skipif(not (DATA / "ictcf-table").is_dir(), reason="the real clinical table is not beside the repository")
def test_real_table():
    table = read_table(DATA / "ictcf-table/Patients.xlsx", Patients())
    assert list(table["patient"]) == [f"p{number:04d}" for number in range(1, 1522)]
    assert table["morbidity"].value_counts().to_dict() == {
        "Regular": 596, "Control": 328, "Suspected": 299, "Severe": 202, "Critically ill": 72, "Mild": 24,
    }  # fmt: skip
    assert table["score"].value_counts().to_dict() == {0: 948, 1: 202, 2: 72}
    assert set(table.loc[table["score"].isna(), "morbidity"]) == {"Suspected"}


@pytest.mark.skipif(not (DATA / "ct-jpg-volume").is_dir(), reason="the real CT pictures are not beside the repository")
def test_real_pictures(data):
    shutil.rmtree(data / "ct")
    shutil.copytree(DATA / "ct-jpg-volume", data / "ct/Patient 1", copy_function=shutil.copyfile)
    store, _ = prepare(data, '{"slices_per_patient": 5}')
    assert store.ids == [f"p0001_IMG-0001-000{number}" for number in (12, 22, 32, 42, 52)]
    assert store.read("image", store.ids[0]).shape == (512, 512)
    assert ictcf.list_folder(data / "ct").pictures[0].path.name == "IMG-0001-00007.jpg"
