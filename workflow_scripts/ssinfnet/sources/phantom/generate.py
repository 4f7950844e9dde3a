"""The phantom data set: computed chest slices in the file layouts of MedSeg and of iCTCF.

Severity follows from the lesion load: a patient's class sets the median share of the lungs that is diseased, and the
load scatters around it, so that neighbouring classes overlap. Suspected patients are anywhere, as their class says
nothing of severity.
"""

import datetime
import gzip
import io
import re
import zipfile
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
from PIL import Image

from ssinfnet.config.phantom import Phantom
from ssinfnet.files.atomic import atomic_path
from ssinfnet.files.hashes import file_hash
from ssinfnet.slices.window import LUNG_WINDOW, to_grey
from ssinfnet.sources.manifest import Picture, write_manifest
from ssinfnet.sources.phantom.anatomy import FIELD_OF_VIEW_MM, LUNG_VOLUME, Lesion, Slice, Subject

UNLABELLED = 4
LPI = np.diag([-1.0, -1.0, -1.0, 1.0])
RAS = np.diag([1.0, 1.0, 1.0, 1.0])
SLICE_MM = 5.0

CLASSES = {
    "Regular": (0.30, 0.05),
    "Severe": (0.20, 0.15),
    "Control": (0.15, 0.0),
    "Critically ill": (0.15, 0.32),
    "Suspected": (0.10, 0.05),
    "Mild": (0.10, 0.02),
}
"""Morbidity: share of the patients, and median load, the share of the lungs that lesions would fill."""
SCATTER = 0.5
"""Standard deviation of the load's logarithm within a class."""

_EPOCH = (1980, 1, 1, 0, 0, 0)


def generate(out: str | Path, config: Phantom) -> None:
    """Write `medseg/` and `ictcf/` below the folder `out`; the same `config` gives the same bytes."""
    out = Path(out)
    _medseg(out / "medseg", config)
    _ictcf(out / "ictcf", config)


def subject(rng: np.random.Generator, size: int, load: float, **options: bool) -> Subject:
    """A subject whose lesions would fill the share `load` of the lungs; the more, the denser and the likelier fluid."""
    result = Subject(rng, size, **options)
    volume = 0.0
    while volume < load * LUNG_VOLUME and len(result.lesions) < 40:
        lesion = _lesion(rng, load)
        result.lesions.append(lesion)
        # About a third of an ellipsoid on the wall lies outside of the lung.
        volume += 0.65 * lesion.volume
    if load > 0.1 and rng.uniform() < 0.35:
        result.effusion = rng.uniform(0.06, 0.16)
    return result


def draw_load(rng: np.random.Generator, morbidity: str) -> float:
    """The lesion load of a patient of a class: log-normal around the class's median, so that classes overlap."""
    scatter = 1.2 if morbidity == "Suspected" else SCATTER
    return float(np.clip(CLASSES[morbidity][1] * np.exp(rng.normal(0, scatter)), 0, 0.8))


def _lesion(rng: np.random.Generator, load: float) -> Lesion:
    """A lesion as COVID-19 has them: at the pleura, behind and below rather than in front and above."""
    side = rng.choice((0.0, np.pi))
    behind = rng.normal(0.55, 0.45)
    along = rng.uniform(0.10, 0.20) * (1 + load)
    return Lesion(
        angle=side + behind if side == 0 else side - behind,
        depth=abs(rng.normal(0.08, 0.10)),
        z=float(np.clip(rng.normal(0.58, 0.2), 0.15, 0.95)),
        radii=(along, along * rng.uniform(0.5, 0.9), rng.uniform(0.12, 0.28)),
        dense=rng.uniform(0.3, 0.75) if rng.uniform() < 0.35 + 0.6 * load else 0.0,
        shift=int(rng.integers(1000)),
    )


def _load(rng: np.random.Generator, healthy: float = 0.15) -> float:
    return 0.0 if rng.uniform() < healthy else float(np.clip(np.exp(rng.normal(np.log(0.12), 0.6)), 0.02, 0.5))


def _medseg(folder: Path, config: Phantom) -> None:
    def single(part: int, position: int) -> Slice:
        rng = np.random.default_rng([config.seed, part, position])
        return subject(rng, config.size, _load(rng), round_field=False).render(rng.uniform(0.25, 0.85))

    labelled = [single(1, position) for position in range(config.single_slices)]
    unlabelled = [single(2, position) for position in range(UNLABELLED)]
    _write_bytes(folder / "tr_im.nii.gz", _nifti([_pseudo_hu(one) for one in labelled], LPI))
    _write_bytes(folder / "tr_mask.nii.gz", _nifti([one.mask for one in labelled], LPI))
    _write_bytes(folder / "val_im.nii.gz", _nifti([_pseudo_hu(one) for one in unlabelled], LPI))
    contents: dict[str, dict[str, bytes]] = {"rp_im": {}, "rp_msk": {}, "rp_lung_msk": {}}
    for number in range(1, config.volumes + 1):
        rng = np.random.default_rng([config.seed, 3, number])
        patient = subject(rng, config.size, _load(rng))
        volume = [patient.render(z) for z in np.linspace(0.12, 0.95, config.slices_per_volume)]
        # Every other volume is stored the other way round, feet first, as scanners differ; only the affine tells.
        affine = RAS if number % 2 else LPI
        parts = (
            [np.rint(one.hounsfield).astype(np.int16) for one in volume],
            *zip(*((one.mask, one.lungs) for one in volume), strict=True),
        )
        for name, arrays in zip(contents, parts, strict=True):
            contents[name][f"{name}/{number}.nii.gz"] = _nifti(list(arrays), affine)
    for name, files in contents.items():
        _write_bytes(folder / f"{name}.zip", _zip(files))


def _pseudo_hu(one: Slice) -> np.ndarray:
    """HU as set 1 has them: of an 8-bit picture, scaled back."""
    low, high = LUNG_WINDOW
    return np.rint(to_grey(one.hounsfield, LUNG_WINDOW) / 255 * (high - low) + low).astype(np.int16)


def _ictcf(folder: Path, config: Phantom) -> None:
    rng = np.random.default_rng([config.seed, 4])
    morbidity = rng.permutation(_class_list(config.patients))
    absent = set(_without_ct(morbidity))
    rows, pictures = [], []
    for position, name in enumerate(morbidity):
        number = position + 1
        if position not in absent:
            paths = _patient(
                folder / "patients" / f"p{number:04d}",
                str(name),
                np.random.default_rng([config.seed, 5, number]),
                config,
            )
            pictures += [Picture(f"p{number:04d}", path, file_hash(path)) for path in paths]
        rows.append(_clinical(number, str(name), position in absent, rng))
    _write_bytes(folder / "Patients.xlsx", _xlsx(pd.DataFrame(rows)))
    write_manifest(folder / "manifest.csv", pictures)


def _patient(folder: Path, morbidity: str, rng: np.random.Generator, config: Phantom) -> list[Path]:
    patient = subject(rng, config.size, draw_load(rng, morbidity))
    paths = []
    for number, z in enumerate(np.linspace(0.35, 0.75, config.slices_per_patient + 2)[1:-1], start=1):
        picture = io.BytesIO()
        Image.fromarray(to_grey(patient.render(z).hounsfield, LUNG_WINDOW)).save(picture, "JPEG", quality=95)
        paths.append(folder / f"IMG-0001-{number:05d}.jpg")
        _write_bytes(paths[-1], picture.getvalue())
    return paths


def _class_list(patients: int) -> list[str]:
    """The classes of all patients: at least one of each, the rest by their shares (largest remainders)."""
    left = patients - len(CLASSES)
    exact = {name: share * left for name, (share, _) in CLASSES.items()}
    counts = {name: int(value) for name, value in exact.items()}
    for name in sorted(exact, key=lambda name: counts[name] - exact[name])[: left - sum(counts.values())]:
        counts[name] += 1
    return [name for name, count in counts.items() for _ in range(count + 1)]


def _without_ct(morbidity: np.ndarray) -> list[int]:
    """About one patient in fifteen has no pictures, of common classes, so that no class is left empty."""
    candidates = [position for position, name in enumerate(morbidity) if name in ("Regular", "Control")]
    return candidates[: max(1, len(morbidity) // 15)] if len(morbidity) > 2 * len(CLASSES) else []


def _clinical(number: int, morbidity: str, absent: bool, rng: np.random.Generator) -> dict[str, object]:
    """A row with the columns of the real table."""
    infected = morbidity not in ("Control", "Suspected")
    died = rng.uniform() < {"Critically ill": 0.6, "Severe": 0.07}.get(morbidity, 0.0)
    return {
        "Hospital": "Phantom Hospital",
        "Patient": f"Patient {number}",
        "Age": int(np.clip(rng.normal(55, 15), 18, 95)),
        "Gender": str(rng.choice(("Female", "Male"))),
        "SARS-CoV-2 nucleic acids": "Positive" if infected else "Negative",
        "CT": "N/A" if absent else "Negative" if morbidity in ("Control", "Mild") else "Positive",
        "Morbidity": morbidity,
        "Mortality": ("Deceased" if died else "Cured") if infected else "Unknown",
    }


def _nifti(shown: list[np.ndarray], direction: np.ndarray) -> bytes:
    """Slices in display orientation (left, posterior, inferior) as a `.nii.gz` whose axes point as `direction` says."""
    array = np.stack(shown).transpose(2, 1, 0)
    array = array[tuple(slice(None, None, -1 if direction[axis, axis] > 0 else 1) for axis in range(3))]
    pixel = FIELD_OF_VIEW_MM / array.shape[0]
    image = nib.Nifti1Image(np.ascontiguousarray(array), direction @ np.diag([pixel, pixel, SLICE_MM, 1]))
    image.header.set_xyzt_units("mm")
    return gzip.compress(image.to_bytes(), compresslevel=6, mtime=0)


def _zip(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def _xlsx(frame: pd.DataFrame) -> bytes:
    """The table as .xlsx without the time of writing, which openpyxl puts into its properties and into the archive."""
    written = io.BytesIO()
    frame.to_excel(written, index=False, engine="openpyxl")
    stamp = datetime.datetime(*_EPOCH).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(written) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    core = "docProps/core.xml"
    files[core] = re.sub(rb"(<dcterms:\w+[^>]*>)[^<]*", rb"\g<1>" + stamp, files[core])
    return _zip(files)


def _write_bytes(path: Path, content: bytes) -> None:
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
