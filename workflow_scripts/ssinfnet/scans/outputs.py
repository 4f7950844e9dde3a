"""All files of one scored scan, in one folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from pydicom.dataset import Dataset

from ssinfnet.figures import style
from ssinfnet.scans import dicom_seg, dicom_sr, nifti, overview, page, picture_masks, tables
from ssinfnet.scans.change import Comparison
from ssinfnet.scans.dicom_seg import Kind, Maker
from ssinfnet.scans.identity import Identity
from ssinfnet.scans.result import ScanResult

RESULT, PAGE, OVERVIEW = "measures", "report.html", "overview.png"
SEGMENTATION, STRUCTURED_REPORT = "segmentation.dcm", "report.dcm"
_VOLUMES = tuple(f"{name}.nii.gz" for name in ("probability", "infection", "lungs", "classes"))


class Grid(Protocol):
    """How the input of a scan lay; `affine` is None for pictures."""

    affine: np.ndarray | None

    def restore(self, shown: np.ndarray) -> np.ndarray:
        """An array as shown on the input's grid: of DICOM and pictures (slices, rows, columns) as its files."""

    def as_nifti(self, shown: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same with the axes of a NIfTI file, and its affine."""


@dataclass(frozen=True)
class Maps:
    """What was found on a scan, arrays (slices, rows, columns) as it is shown.

    `probability` is float (0 to 1), `infection` bool, `lungs` and `classes` are codes; `classes` is None where no
    network tells them apart.
    """

    probability: np.ndarray
    infection: np.ndarray
    lungs: np.ndarray
    classes: np.ndarray | None


@dataclass(frozen=True)
class DicomOptions:
    """How DICOM is written: of what `datasets` (the headers of the scan's files in their order), by whom and when."""

    datasets: Sequence[Dataset]
    maker: Maker
    identity: Identity
    created: datetime
    kind: Kind = "BINARY"


def write(
    folder: str | Path,
    result: ScanResult,
    values: np.ndarray,
    grid: Grid,
    maps: Maps,
    *,
    window: tuple[float, float] | None,
    pictures: Sequence[str] = (),
    dicom: DicomOptions | None = None,
    comparison: Comparison | None = None,
) -> None:
    """Write masks, tables, overview and page of a scored scan into `folder`; `measures.json` comes last.

    `values` are the scan as shown, with `window` for HU. Masks are NIfTI on the input's grid, and of `pictures` (their
    names without suffix, in the order of the files) pictures; with `dicom` there are a segmentation and a
    structured report too.
    """
    folder = Path(folder)
    if grid.affine is not None:
        _write_nifti(folder, grid, maps)
    else:
        stored = (None if mask is None else grid.restore(mask) for mask in (maps.lungs, maps.infection, maps.classes))
        picture_masks.write(folder / "masks", pictures, *stored)
    if dicom is not None:
        _write_dicom(folder, result, grid, maps, dicom)
    figure = overview.draw(
        values,
        maps.lungs,
        maps.infection,
        maps.classes,
        spacing=result.spacing,
        window=window,
        title=result.name,
    )
    style.save(figure, folder / OVERVIEW)
    page.write_scan(folder / PAGE, result, folder / OVERVIEW, comparison)
    tables.write_scan(folder / RESULT, result, comparison)


def clear(folder: str | Path) -> None:
    """Remove what an earlier call has written of a scan, the result first; other files in `folder` stay."""
    folder = Path(folder)
    names = (f"{RESULT}.json", f"{RESULT}.csv", PAGE, OVERVIEW, SEGMENTATION, STRUCTURED_REPORT, *_VOLUMES)
    for name in names:
        (folder / name).unlink(missing_ok=True)
    picture_masks.clear(folder / "masks")


def write_refused(folder: str | Path, result: ScanResult) -> None:
    """Write the page and the tables of a scan that has no score."""
    page.write_scan(Path(folder) / PAGE, result)
    tables.write_scan(Path(folder) / RESULT, result)


def _write_nifti(folder: Path, grid: Grid, maps: Maps) -> None:
    nifti.write_probability(folder / "probability.nii.gz", *grid.as_nifti(maps.probability))
    nifti.write_mask(folder / "infection.nii.gz", *grid.as_nifti(maps.infection))
    nifti.write_mask(folder / "lungs.nii.gz", *grid.as_nifti(maps.lungs))
    if maps.classes is not None:
        nifti.write_mask(folder / "classes.nii.gz", *grid.as_nifti(maps.classes))


def _write_dicom(folder: Path, result: ScanResult, grid: Grid, maps: Maps, options: DicomOptions) -> None:
    common: dict[str, Any] = {
        "maker": options.maker,
        "identity": options.identity,
        "created": options.created,
    }
    segmentation = dicom_seg.build(
        options.datasets,
        grid.restore(maps.lungs),
        grid.restore(maps.infection),
        None if maps.classes is None else grid.restore(maps.classes),
        kind=options.kind,
        **common,
    )
    report = dicom_sr.build(
        options.datasets, segmentation, result.measures, share_interval=result.share_interval, **common
    )
    dicom_seg.save(segmentation, folder / SEGMENTATION)
    dicom_seg.save(report, folder / STRUCTURED_REPORT)
