"""A NIfTI file as a volume."""

from pathlib import Path

from ssinfnet.errors import InputError
from ssinfnet.files import nifti
from ssinfnet.scans import geometry
from ssinfnet.scans.units import in_hounsfield
from ssinfnet.scans.volume import ScanError, Source, Volume


def read(path: Path, source: Path, name: str) -> Volume:
    """The volume of the NIfTI file `path` of the input `source`; `ScanError` for what cannot be scored or read."""
    try:
        scan = nifti.read_scan(path)
    except InputError as error:
        raise ScanError.from_error(error, path) from None
    count, rows, columns = scan.values.shape
    turned = geometry.grid_of(scan.stored_affine, (0, 0, 0))
    shape = tuple(dict(zip(turned.order, (count, rows, columns), strict=True))[axis] for axis in range(3))
    grid = geometry.grid_of(scan.stored_affine, shape)
    notes = geometry.notes_of(grid)
    values = in_hounsfield(scan.values)
    return Volume(values, geometry.spacing_of(grid), True, grid, name, Source("nifti", source, (path,)), tuple(notes))
