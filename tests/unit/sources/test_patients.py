"""iCTCF pictures and clinical table."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import prepare_patients
from ssinfnet.config.patients import Patients
from ssinfnet.config.phantom import Phantom
from ssinfnet.errors import InputError
from ssinfnet.slices.store import SliceStore
from ssinfnet.sources import patients as ictcf
from ssinfnet.sources.clinical_table import patient_id, read_table
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
    config = '{"patient_column": "id", "morbidity_column": "class", "scores": {"bad": 2}}'
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
    "no morbidity column": (write("table.csv", b"Patient,Age\n1,3\n"), "no column 'Morbidity' among Patient, Age"),
    "no patient column": (write("table.csv", b"Name,Morbidity\na,Mild\n"), "give its name as patients.patient_column"),
    "empty table": (rows(b""), "table.csv: holds no patient"),
    "morbidity empty": (rows(b"1,Mild\n2,\n3,Mild\n11,Mild\n"), "row 3: p0002 has no Morbidity"),
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
    assert ictcf.list_folder(data / "ct")[0].path.name == "IMG-0001-00007.jpg"
