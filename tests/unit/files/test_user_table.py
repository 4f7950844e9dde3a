"""A person's table: however it was saved, its columns are read as they were meant or it is refused with the reason."""

import csv
import io
import itertools

import openpyxl
import pytest

from ssinfnet.errors import InputError
from ssinfnet.files import user_table

COLUMNS = ("Patient", "Morbidity")
ROWS = [("1", "Mild"), ("02", "Severe, with fever"), ("Zoë | 3", "重症; 危重")]
ASCII = [("1", "Mild"), ("02", "Severe, with fever"), ("3", 'said "so"')]
TITLE = ["Patients of 2020", "", ""]


def as_text(rows, delimiter=",", title=False, end="\r\n"):
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=end)
    if title:
        writer.writerows([TITLE, []])
    writer.writerows([("No", "Patient", " morbidity "), *((place, *row) for place, row in enumerate(rows))])
    return buffer.getvalue()


def read(path, columns=COLUMNS, **options):
    table = user_table.read(path, columns, **options)
    return [tuple(row) for row in table.itertuples(index=False)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"])
@pytest.mark.parametrize(("delimiter", "title"), list(itertools.product(",;\t|", (False, True))))
def test_every_way_to_save_text(tmp_path, encoding, delimiter, title, capsys):
    rows = ROWS if encoding != "gb18030" else [(patient.replace("ë", "e"), text) for patient, text in ROWS]
    path = tmp_path / "table.csv"
    path.write_bytes(as_text(rows, delimiter, title).encode(encoding))
    assert read(path) == rows
    said = capsys.readouterr().err
    if encoding.startswith("utf-8") and delimiter == "," and not title:
        assert said == ""
    else:
        assert said.count("\n") == 1 and "table.csv: read as a table with" in said
        assert ("header in row 3" in said) == title and ("GB18030" in said) == (encoding == "gb18030")


@pytest.mark.parametrize("text", ["GRÖßE", "Größe", "Zoë", "Ünal", "Ångström, café", "naïveté"])
def test_accents_are_not_taken_for_chinese(tmp_path, text):
    (tmp_path / "t.csv").write_bytes(f"Patient;Morbidity;Größe\n1;Mild;{text}\n".encode("latin-1"))
    assert read(tmp_path / "t.csv") == [("1", "Mild")]
    (tmp_path / "t.csv").write_bytes(f"Patient;Morbidity\n1;{text}\n".encode("latin-1"))
    with pytest.raises(InputError, match="letters of Morbidity in an unknown encoding"):
        read(tmp_path / "t.csv")


@pytest.mark.parametrize("text", ["重症", "CT重症", "王喆", "Severe（重）"])
def test_chinese_in_its_own_encoding(tmp_path, text):
    (tmp_path / "t.csv").write_bytes(f"Patient,Morbidity\n1,{text}\n2,轻症\n".encode("gb18030"))
    assert read(tmp_path / "t.csv") == [("1", text), ("2", "轻症")]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "shift-jis", "big5"])
def test_letters_in_an_unknown_encoding_matter_where_they_are_needed(tmp_path, encoding):
    path = tmp_path / "table.csv"
    name = "M\u00fcller" if encoding in ("latin-1", "cp1252") else "\u8077\u5834\u88dc"
    path.write_bytes(f"Patient,Morbidity,Doctor\n1,Mild,{name}\n".encode(encoding, errors="ignore"))
    assert read(path) == [("1", "Mild")]
    if encoding != "big5":  # of which a few letters may look like Chinese in GB18030
        path.write_bytes(f"Patient,Morbidity\n1,Mild\n{name},Mild\n".encode(encoding, errors="ignore"))
        with pytest.raises(InputError, match="row 3: letters of Patient in an unknown encoding; save it"):
            read(path)


def workbook(path, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


TABLE = [["Patient", "Morbidity"], [1.0, "Mild"], ["p2", " Severe "], [None, None], [3.5, "Mild", "a remark"]]
READ = [("1", "Mild"), ("p2", "Severe"), ("3.5", "Mild")]


@pytest.mark.parametrize("name", ["table.xlsx", "table.csv"])
@pytest.mark.parametrize(
    "sheets",
    [
        {"a": TABLE},
        {"a": [["Hospital X"], [], *TABLE]},
        {"notes": [["Read me"]], "a": TABLE},
        {"empty": [], "other": [["Patient", "Age"], [1, 50]], "a": [["x", "y", "z"], *TABLE]},
    ],
)
def test_every_way_to_fill_a_workbook(tmp_path, sheets, name, capsys):
    workbook(tmp_path / "book.xlsx", **sheets).rename(tmp_path / name)
    assert read(tmp_path / name) == READ
    assert ("sheet 'a'" in capsys.readouterr().err) == (next(iter(sheets)) != "a")


def test_two_sheets_with_the_columns_are_refused_by_name(tmp_path):
    with pytest.raises(InputError, match="sheet 'a' and sheet 'b' both have the columns Patient, Morbidity"):
        read(workbook(tmp_path / "t.xlsx", a=TABLE, b=TABLE))


def test_the_numbers_of_the_rows_are_those_of_the_file(tmp_path):
    (tmp_path / "t.csv").write_text('A title\n\nid,group\n1,a\n\n2,"b\nc"\n,,\n3,d\n')
    table = user_table.read(tmp_path / "t.csv", ["id"])
    assert list(table.index) == [4, 6, 8] and list(table["id"]) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("delimiter", "text", "value"),
    [(";", "1,5", 1.5), (";", "1.5", 1.5), (",", "1.5", 1.5), ("\t", "2", 2), (",", '"1,5"', None), (";", "x", None)],
)  # fmt: skip
def test_numbers_with_a_decimal_comma(tmp_path, delimiter, text, value):
    (tmp_path / "t.csv").write_text(f"id{delimiter}size\na{delimiter}{text}\n")
    if value is None:
        with pytest.raises(InputError, match=r"row 2: .* in column size is not a number"):
            user_table.read(tmp_path / "t.csv", ["size"], numbers=["size"])
    else:
        assert list(user_table.read(tmp_path / "t.csv", ["size"], numbers=["size"])["size"]) == [value]


REFUSED = {
    "other columns": (b"Name;Age\n1;2\n", r"no column 'Patient' and no column 'Morbidity' among Name, Age \(UTF-8, "
                      r"cells parted by semicolons\); give its name as patients.patient_column"),
    "spelt exactly so twice": (b"Patient,Morbidity,Patient\n1,Mild,2\n", "row 1 has the column 'Patient' twice"),
    "spelt nearly so twice": (b"patient,Morbidity,PATIENT\n1,Mild,2\n", "row 1 has the column 'Patient' twice"),
    "longer row": (b"Patient,Morbidity\n1,Mild, with fever\n", "row 2 has 3 cells, the header in row 1 has 2"),
    "half a download": (b"Patient,Morbidity\n1,Mild\n2", "ends in the middle of row 3; is it a download"),
    "open quote": (b'Patient,Morbidity\n1,"Mild\n2,Mild\n', "cannot be read as a table"),
    "web page": (b"<!DOCTYPE html><html>404</html>", "it is a web page or XML, as servers send"),
    "nothing": (b"", "it is empty"),
    "blanks": (b" \n\n", "it is empty"),
    "commas": (b",,,\n,,,\n", "no column 'Patient'"),
    "old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old or an encrypted workbook"),
    "half a workbook": (b"PK\x03\x04" + bytes(600), "cannot be read as a table.*; save it as .csv"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(600), "it is a picture; save the table as .xlsx or .csv|it is a picture"),
    "NUL": (b"Patient,Morbidity\n\0,Mild\n", "it has NUL characters"),
    "half of UTF-16": ("Patient,Morbidity\n".encode("utf-16")[:-1], "cannot be read as UTF-16"),
    "many columns": (b"Patient,Morbidity" + b",a" * 2000, "more than 1000 columns"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(tmp_path, content, message):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        read(tmp_path / "t.csv", options={"Patient": "patients.patient_column"})
    assert "\n" not in str(error.value) and str(error.value).startswith(f"{tmp_path}/t.csv: ")


def test_an_exact_name_goes_before_a_similar_one(tmp_path):
    (tmp_path / "t.csv").write_text("PATIENT,Morbidity,Patient\n1,Mild,2\n")
    assert read(tmp_path / "t.csv") == [("2", "Mild")]


def test_the_sheets_are_named_where_the_columns_are_missing(tmp_path):
    path = workbook(tmp_path / "t.xlsx", a=[["Patient", "Age"]], b=[["Number"]])
    with pytest.raises(user_table.ColumnError, match=r"'Morbidity' among Patient, Age \(sheet 'a'\); Number \("):
        read(path)
