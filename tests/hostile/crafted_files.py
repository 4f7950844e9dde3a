"""What is no file, folders that hold traps, and the texts of our own stages; and all crafted cases."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import crafted
import crafted_stores
from crafted import CONTENT, Crafted, file

# --- what is no file ------------------------------------------------------------------------------------------------


def pipe(name: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        os.mkfifo(folder / name)
        return folder / name

    return make


def link(name: str, target: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).symlink_to(target)
        return folder / name

    return make


def subfolder(name: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).mkdir()
        return folder / name

    return make


def sparse(name: str) -> Callable[[Path], Path]:
    """A terabyte of nothing that takes no room on the disk."""

    def make(folder: Path) -> Path:
        with (folder / name).open("wb") as target:
            target.truncate(2**40)
        return folder / name

    return make


SUFFIXES = {
    **{"nifti": "a.nii", "mask": "a.png", "table": "a.xlsx", "zip": "a.zip", "csv": "a.csv", "json": "a.json"},
    **{"store": "a.h5", "weights": "a.safetensors", "state": "a.pt", "published": "a.pth"},
}
MAKERS = {
    **{"pipe": (pipe, "it is a pipe"), "folder": (subfolder, "it is a folder")},
    **{
        "circle": (lambda name: link(name, name), "too many|Too many"),
        "device": (lambda name: link(name, "/dev/zero"), "a device"),
    },
    **{
        "terabyte": (sparse, r"cannot be read|archive|slice store|training state"),
        "nothing": (lambda name: link(name, "none"), "no such file"),
    },
}
SPECIAL = {
    f"{kind} for {reader}": Crafted(reader, make(name), message)
    for reader, name in SUFFIXES.items()
    for kind, (make, message) in MAKERS.items()
}


# --- folders and texts ------------------------------------------------------------------------------------------------


def own_folder(change: Callable[[Path], object]) -> Callable[[Path], Path]:
    """A folder of two labelled slices, changed."""

    def make(folder: Path) -> Path:
        for name in ("images/1.png", "images/2.png", "classes/1.png", "classes/2.png"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(CONTENT["grey.png" if name.startswith("images") else "classes.png"])
        change(folder)
        return folder

    return make


def own_patients(change: Callable[[Path], object]) -> Callable[[Path], Path]:
    """A folder with the pictures of two patients and their table, changed."""

    def make(folder: Path) -> Path:
        for patient in ("Patient 1", "Patient 2"):
            (folder / "ct" / patient).mkdir(parents=True)
            (folder / "ct" / patient / "1.jpg").write_bytes(CONTENT["grey.jpg"])
        (folder / "table.csv").write_bytes(CONTENT["names.csv"])
        change(folder)
        return folder

    return make


def bytes_name(folder: Path) -> None:
    """A name that is no text in UTF-8."""
    for kind in ("images", "classes"):
        shutil.copyfile(folder / kind / "1.png", os.fsencode(folder / kind) + b"/\xff.png")


def both(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        for kind in ("images", "classes"):
            shutil.copyfile(folder / kind / "1.png", folder / kind / name)

    return change


def put(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def elsewhere(folder: Path) -> None:
    """A picture that is a link to one outside of the folder of pictures."""
    (folder / "images/1.png").rename(folder / "x")
    (folder / "images/1.png").symlink_to(folder / "x")


def two_broken(folder: Path) -> None:
    for patient in (1, 2):
        (folder / f"ct/Patient {patient}/1.jpg").write_bytes(b"\xff\xd8\xff")


DICOM = CONTENT["slice.dcm"]
FOLDERS = {
    "own folder": Crafted("folder", own_folder(lambda folder: None), None),
    "line break in a name": Crafted("folder", own_folder(both("a\nb.png")), r"a\\nb.* cannot be a slice id"),
    "name that is no text": Crafted("folder", own_folder(bytes_name), "cannot be a slice id"),
    "picture that is a pipe": Crafted(
        "folder", own_folder(lambda f: os.mkfifo(f / "images/3.png")), "3.png: not a JPEG"
    ),
    "picture that is a circle": Crafted(
        "folder", own_folder(lambda f: (f / "images/3.png").symlink_to("3.png")), "3.png: not a"
    ),
    "picture linked from elsewhere": Crafted("folder", own_folder(elsewhere), None),
    "DICOM among the images": Crafted("folder", own_folder(put("images/I3", DICOM)), "I3: .*save each slice"),
    "groups that are a folder": Crafted("folder", own_folder(lambda f: (f / "groups.csv").mkdir()), "it is a folder"),
    "groups with a NUL": Crafted(
        "folder", own_folder(put("groups.csv", b"id,group\n1,a\0b\n2,b\n")), "unprintable|cannot be read|groups"
    ),
    "own patients": Crafted("patients", own_patients(lambda folder: None), None),
    "two broken pictures": Crafted(
        "patients", own_patients(two_broken), "2 defects[^$]*Patient 1/1.jpg[^$]*Patient 2/1.jpg"
    ),
    "DICOM of a patient": Crafted("patients", own_patients(put("ct/Patient 2/IM1", DICOM)), "Patient 2: 1 DICOM files"),
    "folder in a circle": Crafted("patients", own_patients(lambda f: (f / "ct/Patient 2/more").symlink_to("..")), None),
}

ROW = "id,group,area,components,balance,border,solidity\n"


def text(message: str, content: bytes, name: str = "a.json") -> Crafted:
    return Crafted(name.split(".")[1], file(name, lambda: content), message)


TEXTS = {
    "JSON deep": text("cannot be read as JSON", b"[" * 10**6),
    "JSON that is no object": text("no JSON object", b"[1]"),
    "JSON without the key": text("a.json: no threshold", b'{"a": 1}'),
    "JSON of NaN": text("NaN is not JSON", b'{"threshold": {"value": NaN}}'),
    "JSON of text": text("the threshold is 'high'", b'{"threshold": {"value": "high"}}'),
    "JSON of other shape": text("the threshold is None", b'{"threshold": 3}'),
    "JSON not UTF-8": text("cannot be read as JSON", b'{"a": "\xff"}'),
    "measures of text": text("a.csv: ", f"{ROW}s1,g,much,1,1,1,1\n".encode(), "a.csv"),
    "CSV that is a picture": text("a.csv: ", CONTENT["grey.png"], "a.csv"),
}

WHOLE = b"id,part\ns1,train\ns2,val\ns3,test\n"


def parts(message: str | None, content: bytes) -> Crafted:
    return Crafted("parts", file("parts.csv", lambda: content), message)


PARTS = {
    "own parts": parts(None, WHOLE),
    "parts with an escape sequence": parts(r"'te.x1b.2Jst' is no part", WHOLE.replace(b"test", b"te\x1b[2Jst")),
    "parts with a NUL": parts("it has NUL characters", WHOLE.replace(b"test", b"te\0st")),
    "parts of many slices that are none": parts(
        "20000 defects", WHOLE + b"".join(b"x%d,test\n" % number for number in range(20_000))
    ),
    "a long part": parts("'_{40}' is no part", WHOLE.replace(b"test", b"_" * 2**16 + b"t")),
    "a part of megabytes": parts("cannot be read as a table", WHOLE.replace(b"test", b"_" * 2**22 + b"t")),
}

CASES = {
    **crafted.ARCHIVES,
    **crafted.PICTURES,
    **crafted.NIFTI,
    **crafted.SCANS,
    **crafted_stores.CHECKPOINTS,
    **crafted_stores.STORES,
    **SPECIAL,
    **FOLDERS,
    **TEXTS,
    **PARTS,
    **{f"{name} (workbook)": case for name, case in crafted.WORKBOOKS.items()},
    **{f"{name} (config)": case for name, case in crafted.CONFIGS.items()},
}
