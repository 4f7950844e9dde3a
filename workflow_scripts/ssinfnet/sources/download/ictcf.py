"""Download of iCTCF: one archive per patient, fetched over few connections, resumed after an interruption.

The address `https://ngdc.cncb.ac.cn/ictcf/patient/CT/Patient%20<number>.zip` (formerly under `http://ictcf.biocuckoo.cn`)
and the content `Patient <number>/CT/*.jpg` are what several public programs use; we had no network to try them. The
archives hold the whole scan; the paper's five preview pictures per patient have no documented address, so
`patients.slices_per_patient: 5` stands in for them.

State: a patient is done when `patients/<patient>.json` says so; it is written after the pictures have their names.
"""

import contextlib
import json
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from ssinfnet.config.download import Download
from ssinfnet.config.patients import Patients
from ssinfnet.errors import InputError
from ssinfnet.files import archives, folders
from ssinfnet.files.atomic import atomic_path
from ssinfnet.files.hashes import file_hash
from ssinfnet.files.json_file import write_json
from ssinfnet.files.pictures import read_grey
from ssinfnet.process.file_lock import alone
from ssinfnet.sources.clinical_table import read_table
from ssinfnet.sources.download.fetch import NotFoundError, fetch, progress_bar
from ssinfnet.sources.manifest import Picture, write_manifest

INCOMING = "incoming"
"""Folder of archives on their way; one put there by hand, as `p0001.zip`, is taken instead of a download."""
MOST_ABSENT = 40
"""Patients of the first ones that may be absent before the address counts as wrong; about one in eight has no CT."""


def download(manifest: str | Path, download: Download, patients: Patients) -> str:
    """Fetch table and pictures into the folder of `manifest`, and write `manifest` last; returns what was found.

    Patients that are done are not fetched again. A patient whom the server does not have (404) is one without CT:
    recorded and counted. Raises `InputError` when nobody has pictures, or listing the patients that failed; what was
    fetched stays, and the next run goes on from there. One process at a time works on the folder.
    """
    with alone(manifest):
        return _download(Path(manifest), download, patients)


def _download(manifest: Path, download: Download, patients: Patients) -> str:
    root = manifest.parent
    table = _table(root, download, patients)
    names = list(read_table(table, patients)["patient"])
    records = _fetch_all(names, root, download)
    pictures = [
        Picture(patient, root / file["file"], file["sha256"]) for patient in names for file in records[patient]["files"]
    ]
    absent = sum(not record["files"] for record in records.values())
    write_manifest(manifest, pictures)
    return f"{len(pictures)} pictures of {len(names) - absent} patients; {absent} patients have no CT"


def _table(root: Path, download: Download, patients: Patients) -> Path:
    """The clinical table, copied beside the manifest as `Patients.xlsx` or `.csv`."""
    source = patients.table or urlsplit(download.ictcf_table_url).path
    if not source:
        raise InputError("config: give patients.table, or download.ictcf_table_url, for source ictcf")
    table = root / f"Patients{Path(source).suffix.lower()}"
    if not patients.table:
        fetch(
            download.ictcf_table_url,
            table,
            verify=lambda path: _check_table(path, patients),
            retries=download.retries,
            pause=download.pause,
            timeout=download.timeout,
            progress=False,
        )
    else:
        read_table(source, patients)
        if not table.exists() or not table.samefile(source):
            with atomic_path(table) as temporary:
                shutil.copyfile(source, temporary)
    return table


def _check_table(path: Path, patients: Patients) -> None:
    read_table(path, patients)


def _fetch_all(patients: list[str], root: Path, download: Download) -> dict[str, dict]:
    """The record of every patient, by id; stops early when the server fails, or knows nobody."""
    records, failures = {}, []
    with ThreadPoolExecutor(download.connections) as pool:
        jobs = {pool.submit(_fetch, patient, root, download): patient for patient in patients}
        for job in progress_bar(as_completed(jobs), total=len(jobs), unit="patient", desc="iCTCF"):
            try:
                records[jobs[job]] = job.result()
            except InputError as error:
                failures.append(str(error))
            except OSError as error:
                failures.append(f"{root / 'patients' / jobs[job]}: cannot be written ({error.strerror or error})")
            absent_only = not any(record["files"] for record in records.values())
            if len(failures) > download.connections or (absent_only and len(records) >= MOST_ABSENT):
                pool.shutdown(wait=False, cancel_futures=True)
                break
    with contextlib.suppress(OSError):
        (root / INCOMING).rmdir()  # stays when it holds anything
    if failures:
        raise InputError.from_defects(
            "the download of iCTCF (patients already fetched are kept; run again to go on)", sorted(failures)
        )
    if not any(record["files"] for record in records.values()):
        for patient in patients:
            _record(root, patient).unlink(missing_ok=True)
        raise InputError(
            f"{download.ictcf_url}: the server has none of the first {len(records)} patients; "
            f"check download.ictcf_url against the pages of iCTCF (https://ngdc.cncb.ac.cn/ictcf/)"
        )
    return records


def _fetch(patient: str, root: Path, download: Download) -> dict:
    """The patient's record, from disk where the patient is done."""
    number = str(int(patient[1:])) if patient[1:].isdigit() and patient[0] == "p" else quote(patient)
    url = download.ictcf_url.format(patient=number)
    record = _read_record(root, patient, url)
    if record is not None:
        return record
    name = unquote(Path(urlsplit(url).path).name)
    packed = root / INCOMING / f"{patient}{Path(name).suffix}"
    try:
        fetch(
            url,
            packed,
            verify=_check,
            retries=download.retries,
            pause=download.pause,
            timeout=download.timeout,
            progress=False,
        )
    except NotFoundError:
        files = []
    else:
        try:
            files = _unpack(packed, root / "patients" / patient, name)
        finally:
            packed.unlink()
    record = {
        "url": url,
        "files": [
            {"file": path.relative_to(root).as_posix(), "bytes": path.stat().st_size, "sha256": file_hash(path)}
            for path in files
        ],
    }
    write_json(_record(root, patient), record)
    return record


def _check(path: Path) -> None:
    if zipfile.is_zipfile(path):
        archives.check(path)
    else:
        read_grey(path)


def _unpack(packed: Path, folder: Path, name: str) -> list[Path]:
    """Move the pictures of an archive, or the one picture `name`, to `folder`, which appears whole; returns them."""
    partial = folder.with_name(f".{folder.name}-partial")
    shutil.rmtree(partial, ignore_errors=True)
    if zipfile.is_zipfile(packed):
        with archives.unpacked(packed) as content:
            if not folders.part(content)[0]:
                raise InputError(f"{packed}: holds no picture")
            shutil.copytree(content, partial)
    else:
        partial.mkdir(parents=True)
        shutil.copyfile(packed, partial / name)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return folders.pictures(folder)


def _record(root: Path, patient: str) -> Path:
    return root / "patients" / f"{patient}.json"


def _read_record(root: Path, patient: str, url: str) -> dict | None:
    """The record of a patient who is done: from the same address, and with all files at their size."""
    try:
        record = json.loads(_record(root, patient).read_text(encoding="utf-8"))
        if record["url"] != url:
            return None
        whole = all((root / file["file"]).stat().st_size == file["bytes"] for file in record["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return record if whole else None
