"""MedSeg COVID-19 CT segmentation: set 1 (single slices) and set 2 (volumes of Radiopaedia).

Set 1, figshare article 13521488: `tr_im.nii.gz`, `tr_mask.nii.gz`, 100 axial slices of more than 40 patients in
pseudo-HU, and `val_im.nii.gz`, 10 slices without labels, which are verified and not used. Set 2, article 13521509:
`rp_im.zip`, `rp_msk.zip`, `rp_lung_msk.zip`, nine volumes in HU as `rp_im/1.nii.gz` and so on. Label codes are 0
background, 1 ground-glass opacity, 2 consolidation, 3 pleural effusion. Lung codes (0; 1 and 2 for one lung each)
become 0 and 1; code 3 is effusion there too, so no lung, but where the labels say GGO or consolidation.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np

from ssinfnet.errors import InputError
from ssinfnet.files.archives import unpacked
from ssinfnet.files.nifti import Scan, attempt, mismatch, read_labels, read_scan
from ssinfnet.files.pictures import natural_key
from ssinfnet.slices.hounsfield import require_hounsfield
from ssinfnet.slices.labels import EFFUSION, LESIONS
from ssinfnet.slices.store import create_store
from ssinfnet.slices.window import to_grey

LABELS = range(4)
LUNGS = range(4)
ONE_LUNG_EACH = (1, 2)
_SUFFIX = re.compile(r"\.nii(\.gz)?$", re.IGNORECASE)
ARCHIVES = ("rp_im.zip", "rp_msk.zip", "rp_lung_msk.zip")


def prepare(raw: str | Path, out: str | Path, window: tuple[float, float]) -> None:
    """Write the slices of both sets in folder `raw` to the slice store `out`: image, mask, and lungs in set 2.

    `window` are the HU shown as 0 and 255. A slice of set 1 is a group of its own (no patient is published), a volume
    of set 2 is one group. Slices are numbered from the head to the feet, whichever way a file stores them; the origin
    has the place in the file. Raises `InputError` that lists the defects of all files.
    """
    raw = Path(raw)
    defects: list[str] = []
    with create_store(out) as writer, ExitStack() as folders:
        for name, image, mask, lungs in _sets(raw, folders, defects):
            for position in range(len(image)):
                slice_id = f"{name}_{position:03d}"
                arrays = {"image": to_grey(image.values[position], window), "mask": mask.values[position]}
                if lungs is not None:
                    arrays["lungs"] = _parenchyma(lungs.values[position], mask.values[position])
                group = slice_id if lungs is None else name
                origin = f"{Path(image.name).relative_to(raw)}[{image.places[position]}]"
                writer.add(slice_id, group=group, origin=origin, **arrays)
        attempt(defects, read_scan, raw / "val_im.nii.gz")
        if defects:
            raise InputError.from_defects(raw, defects)


def _sets(raw: Path, folders: ExitStack, defects: list[str]) -> Iterator[tuple[str, Scan, Scan, Scan | None]]:
    """Name, image, mask and lungs of set 1 and of each volume; what is wrong goes to `defects`."""
    image = attempt(defects, read_scan, raw / "tr_im.nii.gz")
    mask = attempt(defects, read_labels, raw / "tr_mask.nii.gz", LABELS)
    if (image := _fit(image, [mask], defects)) is not None:
        yield "set1", image, mask, None
    parts = {name: attempt(defects, _volumes, raw / name, folders) for name in ARCHIVES}
    if None in parts.values():
        return
    for volume in sorted(set().union(*parts.values()), key=natural_key):
        missing = [f"{raw / name}: no volume {volume}" for name, files in parts.items() if volume not in files]
        if missing:
            defects.extend(missing)
            continue
        image, mask, lungs = (
            attempt(defects, read, files[volume], *codes, f"{raw / name}/{volume}")
            for (name, files), (read, *codes) in zip(
                parts.items(), ((read_scan,), (read_labels, LABELS), (read_labels, LUNGS)), strict=True
            )
        )
        if (image := _fit(image, [mask, lungs], defects)) is not None:
            if fluid := int((lungs.values == EFFUSION).sum()):
                print(
                    f"{lungs.name}: code {EFFUSION} in {fluid:,} voxels, taken as effusion, which is no lung; as lung"
                    " where the class mask says GGO or consolidation",
                    file=sys.stderr,
                )
            yield f"set2_{volume}", image, mask, lungs


def _parenchyma(lungs: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The lungs of a slice as 0 and 1, from the codes of lungs and classes."""
    infected = (lungs == EFFUSION) & np.isin(mask, list(LESIONS.values()))
    return (np.isin(lungs, ONE_LUNG_EACH) | infected).astype(np.uint8)


def _fit(image: Scan | None, labels: list[Scan | None], defects: list[str]) -> Scan | None:
    """The image in Hounsfield units if all could be read and fit together; why not goes to `defects`."""
    if image is None:
        return None
    wrong = [defect for label in labels if label is not None and (defect := mismatch(image, label))]
    defects.extend(wrong)
    fit = not wrong and None not in labels
    codes = [label.values for label in labels] if fit else []
    values = attempt(defects, require_hounsfield, image.values, image.name, codes)
    return replace(image, values=values) if fit and values is not None else None


def _volumes(path: Path, folders: ExitStack) -> dict[str, Path]:
    """The NIfTI files of an archive by name without suffix."""
    folder = folders.enter_context(unpacked(path))
    files = [file for file in sorted(folder.rglob("[!.]*")) if _SUFFIX.search(file.name)]
    if not files:
        raise InputError(f"{path}: holds no NIfTI file")
    names = {_SUFFIX.sub("", file.name): file for file in files}
    if len(names) < len(files):
        raise InputError(f"{path}: holds two volumes of one name")
    return names
