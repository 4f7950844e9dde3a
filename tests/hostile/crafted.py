"""Files made to do harm: archives, workbooks, pictures, NIfTI and configs."""

import gzip
import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import corpus
import nibabel as nib
import numpy as np
from corpus import scan_slice
from PIL import Image
from pydicom import uid

CONTENT = dict(case for make in corpus.SEEDS.values() for case in make())


class Crafted(NamedTuple):
    """`make(folder)` writes into an empty folder and returns what `reader` of `worker` is given.

    `message` is what the refusal says (a regular expression), or None where the file is harmless and must be read.
    """

    reader: str
    make: Callable[[Path], Path]
    message: str | None


def file(name: str, content: Callable[[], bytes]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content())
        return folder / name

    return make


# --- archives -------------------------------------------------------------------------------------------------------


def archive(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as target:
        for name, content in entries:
            target.writestr(name, content)
    return buffer.getvalue()


def special(name: str, kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (kind | 0o777) << 16
    return info


def patched(content: bytes, offset: int, value: int, size: int = 4) -> bytes:
    """An archive whose directory states another `value` at `offset` of its first record."""
    place = content.index(b"PK\x01\x02") + offset
    return content[:place] + value.to_bytes(size, "little") + content[place + size :]


def shared_bytes() -> bytes:
    """5,000 entries in the directory that all stand for the same megabyte of zeros: 5 GB in 300 KB."""
    content = archive(("0" * 9, bytes(2**20)))
    start, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    record = content[start:end]
    records = b"".join(record.replace(b"0" * 9, b"%09d" % number) for number in range(5000))
    return content[:start] + records + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 5000, 5000, len(records), start, 0)


def packed(message: str, content: Callable[[], bytes]) -> Crafted:
    return Crafted("zip", file("a.zip", content), message)


LINK, DEVICE = special("a", stat.S_IFLNK), special("a", stat.S_IFCHR)
ARCHIVES = {
    "zip slip": packed("outside of the folder", lambda: archive(("../../evil", b"x"))),
    "absolute name": packed("outside of the folder", lambda: archive(("/tmp/evil", b"x"))),
    "line break in a name": packed("outside of the folder", lambda: archive(("../a\n\x1b[2J", b"1"))),
    "link": packed("a link", lambda: archive((LINK, b"/etc"))),
    "device": packed("a special file", lambda: archive((DEVICE, b""))),
    "bomb": packed("times its size", lambda: archive(("a", bytes(2**25)), method=zipfile.ZIP_BZIP2)),
    "bomb in pieces": packed("times its size", shared_bytes),
    "bzip2": packed("method other than", lambda: archive(("a", b"x"), method=zipfile.ZIP_BZIP2)),
    "size too small": packed("damaged|cannot", lambda: patched(archive(("a", bytes(9999))), 24, 10)),
    "size too large": packed("times its size", lambda: patched(archive(("a", b"x")), 24, 2**31)),
    "encrypted": packed("encrypted", lambda: patched(archive(("a", b"x")), 8, 1, 2)),
    "many entries": packed("holds 20001 files", lambda: archive(*((str(one), b"") for one in range(20_001)))),
    "same name twice": packed("there twice", lambda: archive(("a/B", b"1"), ("A/b", b"2"))),
    "file as folder": packed("cannot be unpacked", lambda: archive(("a", b"1"), ("a/b", b"2"))),
    "long name": packed("cannot be unpacked", lambda: archive(("a" * 5000, b"1"))),
}


# --- workbooks ------------------------------------------------------------------------------------------------------


MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
SHEET = b'<worksheet %s><dimension ref="A1:XFD1048576"/><sheetData>%%s</sheetData></worksheet>' % MAIN
STRINGS = b"<sst %s><si><t>%%s</t></si></sst>" % MAIN
TEXTS = "xl/sharedStrings.xml"
TEXTS_TYPE = (
    b'<Override PartName="/xl/sharedStrings.xml" '
    b'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
)


def workbook(rows: bytes, part: tuple[str, bytes] | None) -> bytes:
    """A workbook whose sheet holds these rows, with another part replaced or added."""
    with zipfile.ZipFile(io.BytesIO(CONTENT["stored.xlsx"])) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    parts["xl/worksheets/sheet1.xml"] = SHEET % rows
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", TEXTS_TYPE)
    parts[TEXTS] = STRINGS % b""
    return archive(*(parts | dict([part] if part else [])).items())


def cell(text: str) -> bytes:
    return b'<c t="inlineStr"><is><t>%s</t></is></c>' % text.encode()


HEADER = b"<row>%s%s</row>" % (cell("Patient"), cell("Morbidity"))
ROWS = HEADER + b"<row>%s%s</row>" % (cell("1"), cell("Mild"))
LAUGHS = b"<!DOCTYPE x [<!ENTITY a0 'ha'>%s]>" % b"".join(
    b"<!ENTITY a%d '%s'>" % (level, b"&a%d;" % (level - 1) * 10) for level in range(1, 12)
)
OUTSIDE = b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
REFUSED = "cannot be read as a table"


def book(message: str | None, rows: bytes = ROWS, part: tuple[str, bytes] | None = None) -> Crafted:
    return Crafted("table", file("table.xlsx", lambda: workbook(rows, part)), message)


def table(message: str | None, content: bytes) -> Crafted:
    return Crafted("table", file("table.csv", lambda: content), message)


WORKBOOKS = {
    "own workbook": book(None),
    "sheet of gigabytes": book(f"{REFUSED}.*bytes, more than", HEADER + b" " * 2**26),
    "cells far apart": book("columns", HEADER + b'<row r="9"><c r="XFD9"><v>1</v></c></row>'),
    "rows far apart": book("rows", HEADER + b'<row r="1048576"><c r="A1048576"/></row>'),
    "row number of billions": book("rows", HEADER + b'<row r="99999999999"><c/></row>'),
    "row of four million cells": book("columns", b"<row>" + b"<c/>" * 4 * 10**6 + b"</row>"),
    "a million styles": book("larger than that of any", part=("xl/styles.xml", b"<styleSheet>" + b"<xf/>" * 10**6)),
    "billion laughs": book(REFUSED, part=(TEXTS, LAUGHS + STRINGS % b"&a11;")),
    "billion laughs in the sheet": book(REFUSED, part=("xl/worksheets/sheet1.xml", LAUGHS + SHEET % b"&a11;")),
    "entity of a file": book(REFUSED, part=(TEXTS, OUTSIDE + STRINGS % b"&a;")),
    "deep XML": book(REFUSED, b"<row>" * 100_000),
    "no workbook in it": Crafted("table", file("table.xlsx", lambda: archive(("a", b""))), REFUSED),
    "many columns": table("1000 columns", b"Patient,Morbidity" + b",a" * 10**6),
    "row longer than the header": table(REFUSED, b"Patient,Morbidity\n1,Mild,x\n"),
    "column twice": table("has the column 'Patient' twice", b"Patient,Morbidity,Patient \n1,Mild,2\n"),
    "NUL": table("cannot be a patient id|cannot be read", b"Patient,Morbidity\n\0,Mild\n"),
}


# --- pictures -------------------------------------------------------------------------------------------------------


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    """A grey PNG of this size, its pixels all black, and more chunks in front of them."""
    header = chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0))
    rows = zlib.compress(bytes(min((width + 1) * height, 2**24)), 9)
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def frames(format: str, count: int = 2) -> bytes:
    buffer = io.BytesIO()
    first, *others = [Image.new("L", (8, 8), number % 256) for number in range(count)]
    first.save(buffer, format, save_all=True, append_images=others)
    return buffer.getvalue()


def huge_jpg() -> bytes:
    content = CONTENT["grey.jpg"]
    place = content.index(b"\xff\xc0") + 5
    return content[:place] + struct.pack(">HH", 65500, 65500) + content[place + 4 :]


def many_scans() -> bytes:
    """A progressive JPEG with its last pass ten thousand times."""
    content = CONTENT["progressive.jpg"]
    last = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + last * 10_000 + content[-2:]


def bmp(width: int, height: int, packing: int, content: bytes) -> bytes:
    """A BMP of a palette of greys."""
    header = struct.pack("<IiiHH6I", 40, width, height, 1, 8, packing, len(content), 0, 0, 256, 256)
    start = struct.pack("<2sIII", b"BM", 54 + 1024 + len(content), 0, 54 + 1024)
    return start + header + b"".join(bytes([grey] * 3 + [0]) for grey in range(256)) + content


def exif(content: bytes) -> bytes:
    """A JPEG with this EXIF."""
    segment = b"Exif\0\0" + content
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + CONTENT["grey.jpg"][2:]


LOOP = b"II*\0\x08\0\0\0\1\0\x69\x87\4\0\1\0\0\0\x08\0\0\0\x08\0\0\0"  # an IFD that is its own sub-IFD and its own next
ZEROS = zlib.compress(bytes(2**27), 9)
TEXT = chunk(b"zTXt", b"a\0\0" + ZEROS)
SIZE, DAMAGED = "more than a CT slice has|exceeds limit", "cannot be read|damaged"


def picture(message: str | None, content: Callable[[], bytes], name: str = "a.png", reader: str = "mask") -> Crafted:
    return Crafted(reader, file(name, content), message)


PICTURES = {
    "huge PNG": picture(SIZE, lambda: png(100_000, 100_000)),
    "wide PNG": picture(SIZE, lambda: png(2**31 - 1, 1)),
    "no pixels": picture(DAMAGED, lambda: png(0, 5)),
    "largest picture": picture(None, lambda: png(4095, 4096)),
    "PNG text bomb": picture(DAMAGED, lambda: png(8, 8, TEXT)),
    "PNG of many text bombs": picture(DAMAGED, lambda: png(8, 8, *[TEXT] * 50)),
    "PNG profile bomb": picture(DAMAGED, lambda: png(8, 8, chunk(b"iCCP", b"a\0\0" + ZEROS))),
    "moving PNG": picture("several pictures", lambda: frames("PNG")),
    "TIFF of many pages": picture("several pictures", lambda: frames("TIFF", 300), "a.tif"),
    "huge JPEG": picture(SIZE, huge_jpg, "a.jpg"),
    "JPEG of many passes": picture("more than 100 passes", many_scans, "a.jpg"),
    "huge BMP": picture(SIZE, lambda: bmp(100_000, 100_000, 0, b""), "a.bmp"),
    "BMP without pixels": picture(DAMAGED, lambda: bmp(4000, 4000, 0, b"\1"), "a.bmp"),
    "BMP of run lengths": picture(
        "a BMP of run lengths", lambda: bmp(4000, 4000, 1, b"\0\2\xff\xff" * 10_000), "a.bmp"
    ),
    "EXIF that leads to itself": picture(None, lambda: exif(LOOP), "a.jpg", "picture"),
    "EXIF of nothing": picture(None, lambda: exif(b"\xff" * 60_000), "a.jpg", "picture"),
    "DICOM as PNG": picture("it is DICOM.*save each slice", lambda: CONTENT["slice.dcm"]),
    "NIfTI as PNG": picture("it is NIfTI.*save each slice", lambda: CONTENT["plain.nii"]),
    "folder of DICOM": picture("1 DICOM files.*save each", lambda: CONTENT["slice.dcm"], "I0001", "picture"),
    "folder of NIfTI": picture("no JPEG, PNG, TIFF or BMP", lambda: CONTENT["plain.nii"], "a.nii", "picture"),
}


# --- NIfTI ----------------------------------------------------------------------------------------------------------


def nifti(kind: type = nib.Nifti1Header, data: bytes = bytes(400), **fields: object) -> bytes:
    """A header with these fields, unchecked, and some data."""
    header = kind(check=False)
    header.set_data_shape((5, 5, 4))
    header["vox_offset"], header["magic"] = header.single_vox_offset, header.single_magic
    for name, value in fields.items():
        header[name] = value
    return header.binaryblock + bytes(4) + data


def bomb() -> bytes:
    """640 MB of zeros behind a header that asks for 512 MB, in 600 KB."""
    start = gzip.compress(nifti(dim=shape(1600, 1600, 100)), mtime=0)
    return start + gzip.compress(bytes(2**23), mtime=0) * 80


def header(message: str | None, **fields: object) -> Crafted:
    return Crafted("nifti", file("a.nii", lambda: nifti(**fields)), message)


def shape(*sides: int) -> list[int]:
    return [len(sides), *sides, *[1] * (7 - len(sides))]


UNREADABLE = "not a NIfTI|fewer voxels"
ORIENTED = {"sform_code": 1, "srow_x": [-1, 0, 0, 0], "srow_y": [0, -1, 0, 0], "srow_z": [0, 0, 1, 0]}
NIFTI = {
    "dimensions overflow": header("voxels, or 4,096 along a side", dim=shape(32767, 32767, 32767)),
    "dimensions of 2 ** 62": header("voxels, or 4,096 along a side", kind=nib.Nifti2Header, dim=shape(2**62, 4, 4)),
    "many slices of a voxel": header("voxels, or 4,096 along a side", kind=nib.Nifti2Header, dim=shape(1, 1, 2**26)),
    "negative dimensions": header("stack of slices", dim=shape(-5, -5, 4)),
    "255 dimensions": header("not a NIfTI|stack", dim=[255, 5, 5, 4, 1, 1, 1, 1]),
    "fewer voxels": header("fewer voxels", dim=shape(500, 500, 400)),
    "offset far away": header(UNREADABLE, vox_offset=1e30),
    "offset infinite": header(UNREADABLE, vox_offset=np.inf),
    "offset negative": header(UNREADABLE, vox_offset=-1e9),
    "slope infinite": header(None, **ORIENTED, scl_slope=np.inf, scl_inter=1),
    "slope overflows": header("infinite", data=b"\x7e" * 400, scl_slope=3e38, scl_inter=3e38),
    "affine of NaN": header("no orientation", sform_code=1, srow_x=np.nan),
    "quaternion of NaN": header("no orientation|not a NIfTI", qform_code=1, quatern_b=np.nan),
    "unknown type": header("not a NIfTI", datatype=12345),
    "colours": header("one number each", datatype=128, bitpix=24),
    "gzip bomb": Crafted("nifti", file("a.nii.gz", bomb), "unpacks to more than"),
    "DICOM as NIfTI": Crafted("nifti", file("a.nii", lambda: CONTENT["slice.dcm"]), "is DICOM.*dcm2niix"),
}


# --- DICOM ------------------------------------------------------------------------------------------------------------


def asks_for_more(syntax: str, mark: bytes, skip: int, size: bytes) -> bytes:
    """A compressed slice whose stream, `skip` bytes after a mark, says that it is large."""
    content = scan_slice(syntax)
    place = content.index(mark) + skip
    return content[:place] + size + content[place + len(size) :]


def deflated() -> bytes:
    """Zeros as a deflated dataset, of a thousand times its size."""
    head = bytes(128) + b"DICM"
    value = uid.DeflatedExplicitVRLittleEndian.encode()
    head += struct.pack("<HH2sH", 2, 0x10, b"UI", len(value)) + value
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return head + b"".join(packer.compress(bytes(2**20)) for _ in range(2**5)) + packer.flush()


def nested(depth: int) -> bytes:
    """A slice with sequences within sequences."""
    opened = struct.pack("<HH2sHIHHI", 0x5200, 0x9229, b"SQ", 0, 0xFFFFFFFF, 0xFFFE, 0xE000, 0xFFFFFFFF)
    content = scan_slice()
    place = content.index(struct.pack("<HH", 0x7FE0, 0x0010))
    return content[:place] + opened * depth + content[place:]


def scan(message: str | None, make: Callable[[], bytes]) -> Crafted:
    return Crafted("scan", file("a.dcm", make), message)


SCANS = {
    "JPEG-LS that asks for more": scan(
        "65535 x 65535", lambda: asks_for_more(uid.JPEGLSLossless, b"\xff\xf7", 5, b"\xff" * 4)
    ),
    "DICOM that unpacks to a thousand times its size": scan("Deflated Explicit VR Little Endian", deflated),
    "sequences within sequences": scan("damaged DICOM|no DICOM", lambda: nested(50_000)),
    "a million frames": scan("1000000 frames", lambda: scan_slice(NumberOfFrames=1_000_000)),
    "4,000 frames of a slice": scan("fewer pixels", lambda: scan_slice(NumberOfFrames=4_000, Rows=4000, Columns=4000)),
    "no rows": scan("holds no CT slice", lambda: scan_slice(Rows=0)),
    "bits that are none": scan("pixels of 16 bits with 77", lambda: scan_slice(BitsStored=77)),
    "compression that nobody knows": scan(
        re.escape(uid.HTJ2KLossless.name),
        lambda: scan_slice(uid.RLELossless, said=uid.HTJ2KLossless),
    ),
}


# --- configs --------------------------------------------------------------------------------------------------------


def references(first: str, line: str, levels: int = 40) -> bytes:
    """YAML in which each line stands for the one before twice."""
    lines = [first, *(line.format(level, level - 1) for level in range(1, levels))]
    return "\n".join(lines).encode()


METHODS = b"methods: {a: {label: A, pretext: none}}\n"


def config(message: str | None, content: bytes) -> Crafted:
    return Crafted("config", file("c.yaml", lambda: content), message)


METHODS = b"methods: {a: {label: A, pretext: none}}\n"
CONFIGS = {
    "own config": config(None, METHODS),
    "list bomb": config("values", references("a0: &a0 [1]", "a{0}: &a{0} [*a{1}, *a{1}]")),
    "mapping bomb": config("values", references("a0: &a0 {x: 1}", "a{0}: &a{0} {{p: *a{1}, q: *a{1}}}")),
    "reference to itself": config("values", METHODS + b"patients: &a {scores: *a}"),
    "code": config("not valid", b'a: !!python/object/apply:os.system ["touch evil"]'),
    "deep": config("recursion|not valid", b"a: " + b"[" * 100_000),
    "long text": config("text longer", METHODS + b"data_dir: " + b"a" * 10**6),
    "long key": config(r"unknown key a+\.\.\.a+$", METHODS + b"a" * 900 + b": 1"),
    "NUL": config("not valid", METHODS + b"data_dir: \0"),
    "not UTF-8": config("codec", METHODS + b"data_dir: \xff\xfe"),
    "number that is none": config("min_area", METHODS + b"cleaning: {min_area: .nan}"),
    "text for a section": config("cleaning", METHODS + b"cleaning: text"),
    "keys that are no text": config("config", METHODS + b"1: 2\n2.5: x\ntrue: 3"),
}
