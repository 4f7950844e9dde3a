"""A corpus of malformed files: small valid files of each kind, damaged in every way that a disk, a network or a fuzzer
knows. Seeded, so that a case has the same bytes on every machine; nothing of it is kept in the repository.
"""

import gzip
import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
import openpyxl
from PIL import Image
from pydicom import uid
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset

Case = tuple[str, bytes]
"""Name of a file with its suffix, and its content."""


def generate(valid: list[Case], count: int, seed: int = 0) -> Iterator[Case]:
    """`count` malformed files: each of the `valid` files in turn, by each mutation in turn."""
    random = np.random.default_rng(seed)
    for number in range(count):
        name, content = valid[number % len(valid)]
        mutation = MUTATIONS[number // len(valid) % len(MUTATIONS)]
        yield f"{number:03d}-{mutation.__name__}-{name}", mutation(content, random)


# --- valid files ----------------------------------------------------------------------------------------------------


def _grey(size: int = 24) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (size, size), dtype=np.uint8)


def _picture(array: np.ndarray, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, format, **options)
    return buffer.getvalue()


def _png() -> list[Case]:
    classes = Image.fromarray(_grey() % 4)
    classes.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    buffer = io.BytesIO()
    classes.save(buffer, "PNG")
    return [
        ("grey.png", _picture(_grey(), "PNG")),
        ("classes.png", buffer.getvalue()),
        ("colour.png", _picture(np.dstack([_grey()] * 3), "PNG")),
        ("stored.png", _picture(_grey(), "PNG", compress_level=0)),
        ("wide.png", _picture(_grey().astype(np.uint16), "PNG")),
    ]


def _jpg() -> list[Case]:
    exif = Image.Exif()
    exif[274] = 6  # turned
    return [
        ("turned.jpg", _picture(_grey(40), "JPEG", exif=exif)),
        ("grey.jpg", _picture(_grey(40), "JPEG")),
        ("progressive.jpg", _picture(_grey(40), "JPEG", progressive=True)),
        ("colour.jpg", _picture(np.dstack([_grey(40)] * 3), "JPEG")),
    ]


def _tif() -> list[Case]:
    plain, packed = _picture(_grey(), "TIFF"), _picture(_grey(), "TIFF", compression="tiff_lzw")
    return [("plain.tif", plain), ("packed.tif", packed), ("plain.bmp", _picture(_grey(), "BMP"))]


def _nifti() -> list[Case]:
    shape = np.random.default_rng(7).integers(0, 4, (6, 5, 4), dtype=np.int16)
    scaled = nib.Nifti1Image(shape, np.diag([-1.0, -1, 1, 1]))
    scaled.header.set_slope_inter(2.0, -5.0)
    plain = nib.Nifti1Image(shape.astype(np.uint8), np.eye(4)).to_bytes()
    second = nib.Nifti2Image(shape.astype(np.float32), np.eye(4)).to_bytes()
    return [
        ("plain.nii", plain),
        ("packed.nii.gz", gzip.compress(plain, mtime=0)),
        ("scaled.nii", scaled.to_bytes()),
        ("second.nii", second),
    ]


def _dicom() -> list[Case]:
    """The beginning of DICOM as a scanner writes it, with and without preamble; for readers of other formats."""
    elements = b"".join(
        struct.pack("<HH2sH", group, element, kind, len(value)) + value
        for group, element, kind, value in [
            (0x0002, 0x0010, b"UI", b"1.2.840.10008.1.2.1\0"),
            (0x0008, 0x0060, b"CS", b"CT"),
            (0x0028, 0x0010, b"US", struct.pack("<H", 8)),
            (0x0028, 0x0011, b"US", struct.pack("<H", 8)),
        ]
    )
    pixels = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, 128) + bytes(128)
    whole = bytes(128) + b"DICM" + elements + pixels
    return [("slice.dcm", whole), ("slice.png", whole), ("slice.nii", whole), ("bare.dcm", elements + pixels)]


def scan_slice(syntax: str | None = None, said: str | None = None, **changes: object) -> bytes:
    """A CT slice as DICOM, whole but for the `changes`, compressed by a `syntax` that may be `said` wrong."""
    one = Dataset()
    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID = uid.CTImageStorage
    one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID = "1.2.3.4"
    one.SeriesInstanceUID, one.Modality, one.ImageType = "1.2.3", "CT", ["ORIGINAL", "PRIMARY", "AXIAL"]
    one.ImagePositionPatient, one.ImageOrientationPatient = [0, 0, 0], [1, 0, 0, 0, 1, 0]
    one.PixelSpacing, one.SliceThickness = [1, 1], 1
    one.Rows, one.Columns = 24, 24
    one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
    one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 12, 11, 0
    one.RescaleSlope, one.RescaleIntercept = 1, -1024
    one.PixelData = (_grey().astype("<u2") * 8).tobytes()
    one["PixelData"].VR = "OW"
    if syntax:
        one.compress(syntax, generate_instance_uid=False)
    one.file_meta.TransferSyntaxUID = said or one.file_meta.TransferSyntaxUID
    for name, value in changes.items():
        setattr(one, name, value)
    buffer = io.BytesIO()
    one.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _scan() -> list[Case]:
    """DICOM for the reader of scans, by each decoder."""
    return [
        ("plain.dcm", scan_slice()),
        ("runs.dcm", scan_slice(uid.RLELossless)),
        ("lossless.dcm", scan_slice(uid.JPEGLSLossless)),
        ("wavelets.dcm", Path(get_testdata_file("MR_small_jp2klossless.dcm", download=False)).read_bytes()),
    ]


def _xlsx() -> list[Case]:
    workbook, buffer = openpyxl.Workbook(), io.BytesIO()
    for row in [("Patient", "Age", "Morbidity"), ("Patient 1", 40, "Mild"), ("Patient 2", 50, "Severe")]:
        workbook.active.append(row)
    workbook.save(buffer)
    packed, stored = io.BytesIO(), io.BytesIO()
    with (
        zipfile.ZipFile(buffer) as source,
        zipfile.ZipFile(packed, "w") as first,
        zipfile.ZipFile(stored, "w") as second,
    ):
        for name in source.namelist():
            if name != "docProps/core.xml":  # holds the time
                first.writestr(zipfile.ZipInfo(name), source.read(name), zipfile.ZIP_DEFLATED)
                second.writestr(zipfile.ZipInfo(name), source.read(name))
    # Damage reaches the XML of the stored one only when the checksums are not in its way.
    return [("packed.xlsx", packed.getvalue()), ("stored.xlsx", stored.getvalue()), ("names.csv", _CSV)]


_CSV = b"Patient,Age,Morbidity\nPatient 1,40,Mild\nPatient 2,50,Severe\n"


def _zip() -> list[Case]:
    buffer, stored = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("rp_im/1.nii"), bytes(500) + b"voxels" * 20, zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo("rp_im/2.nii"), b"voxels" * 30, zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a/1.jpg"), b"picture" * 20)
        archive.writestr(zipfile.ZipInfo("b.jpg"), b"")
    return [("packed.zip", buffer.getvalue()), ("stored.zip", stored.getvalue())]


def _yaml() -> list[Case]:
    text = b"""
seeds: [0, 1]
shards: 2
methods:
  sinfnet: {label: SInfNet, pretext: none}
  ssinfnet: {label: SSInfNet, pretext: coach}
labelled: {source: phantom, hu_window: [-1250, 250]}
cleaning: &limits {min_area: 0.02, max_area: 0.6}
patients:
  scores: {"Mild": 0, "Severe": 1, "Critically ill": 2}
"""
    return [
        ("config.yaml", text),
        ("flow.yaml", b'{"seeds": [0], "methods": {"a": {"label": "A", "pretext": "none"}}}'),
    ]


SEEDS: dict[str, Callable[[], list[Case]]] = {
    "nifti": _nifti, "png": _png, "jpg": _jpg, "tif": _tif, "dicom": _dicom, "scan": _scan,
    "xlsx": _xlsx, "zip": _zip, "yaml": _yaml,
}  # fmt: skip


# --- damage ---------------------------------------------------------------------------------------------------------


def truncate(content: bytes, random: np.random.Generator) -> bytes:
    return content[: random.integers(len(content))]


def truncate_a_little(content: bytes, random: np.random.Generator) -> bytes:
    return content[: -random.integers(1, min(16, len(content)))]


def flip_a_bit(content: bytes, random: np.random.Generator) -> bytes:
    return _flip(content, random, 1, len(content))


def flip_bits(content: bytes, random: np.random.Generator) -> bytes:
    return _flip(content, random, 20, len(content))


def flip_bits_of_header(content: bytes, random: np.random.Generator) -> bytes:
    return _flip(content, random, 3, 100)


def insert(content: bytes, random: np.random.Generator) -> bytes:
    place = random.integers(len(content))
    return content[:place] + random.bytes(int(random.integers(1, 9))) + content[place:]


def delete(content: bytes, random: np.random.Generator) -> bytes:
    place = random.integers(len(content))
    return content[:place] + content[place + random.integers(1, 9) :]


def swap_blocks(content: bytes, random: np.random.Generator) -> bytes:
    first, second, third = sorted(random.integers(len(content), size=3))
    return content[:first] + content[second:third] + content[first:second] + content[third:]


def zero_run(content: bytes, random: np.random.Generator) -> bytes:
    return _overwrite(content, random, bytes(int(random.integers(4, 65))))


def extreme_number(content: bytes, random: np.random.Generator) -> bytes:
    """One of the numbers that overflow, at any place of the header or of the end, where formats keep their sizes."""
    numbers = [
        struct.pack(form, value)
        for form, value in [
            ("<i", -1), ("<I", 0x7FFFFFFF), (">I", 0xFFFFFFFF), ("<h", -32768), ("<H", 0x7FFF), ("<f", np.nan),
            ("<f", np.inf), ("<f", -1e38), ("<q", 2**62), (">I", 100_000),
        ]
    ]  # fmt: skip
    start = max(0, len(content) - 200) if random.random() < 0.3 else 0
    end = content[start:]
    return content[:start] + _overwrite(end[:400], random, numbers[random.integers(len(numbers))]) + end[400:]


def wrong_magic(content: bytes, random: np.random.Generator) -> bytes:
    return random.bytes(8) + content[8:]


def other_format(content: bytes, random: np.random.Generator) -> bytes:
    """A whole file of another kind under this suffix."""
    kinds = list(SEEDS)
    cases = SEEDS[kinds[random.integers(len(kinds))]]()
    return cases[random.integers(len(cases))][1]


def repeat(content: bytes, random: np.random.Generator) -> bytes:
    return content * int(random.integers(2, 5))


def nest(content: bytes, random: np.random.Generator) -> bytes:
    return gzip.compress(content, mtime=0)


def noise(content: bytes, random: np.random.Generator) -> bytes:
    return random.bytes(int(random.integers(0, 400)))


def _flip(content: bytes, random: np.random.Generator, count: int, end: int) -> bytes:
    changed = bytearray(content)
    for place in random.integers(min(end, len(content)), size=count):
        changed[place] ^= 1 << random.integers(8)
    return bytes(changed)


def _overwrite(content: bytes, random: np.random.Generator, value: bytes) -> bytes:
    place = random.integers(max(1, len(content) - len(value)))
    return content[:place] + value[: len(content) - place] + content[place + len(value) :]


MUTATIONS = [
    truncate, truncate_a_little, flip_a_bit, flip_bits, flip_bits_of_header, insert, delete, swap_blocks, zero_run,
    extreme_number, wrong_magic, other_format, repeat, nest, noise,
]  # fmt: skip
