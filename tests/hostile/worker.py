"""Reads hostile files one by one in a process with 2 GB of memory, and says what came of each.

Called by `sandbox.run`: one JSON [reader, path] a line on standard input, one JSON [result, message] a line on standard
output. A reader that hangs ends the process, as does one that crashes.
"""

import contextlib
import faulthandler
import json
import os
import resource
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

MEMORY = 2 * 2**30
SECONDS = 100
"""After which a reader hangs; any takes less than three on an idle machine."""

Reader = Callable[[Path, Path], None]


def every(*readers: Callable[[Path], object]) -> Callable[[Path], None]:
    """All of `readers` on one file, and then the first error of theirs."""

    def read(path: Path) -> None:
        from ssinfnet.errors import InputError

        errors = []
        for reader in readers:
            try:
                reader(path)
            except InputError as error:
                errors.append(error)
        if errors:
            raise errors[0]

    return read


# Each reader gets a file, and a folder for what it writes. Imports are its own, as some take seconds.


def nifti(path: Path, out: Path) -> None:
    from ssinfnet.files import nifti

    every(nifti.read_scan, lambda path: nifti.read_labels(path, range(4)))(path)


def scan(path: Path, out: Path) -> None:
    """The pixels alone, and all that makes a volume of them."""
    from ssinfnet.errors import InputError
    from ssinfnet.files import dicom
    from ssinfnet.scans import inputs

    def volumes(path: Path) -> None:
        for one in inputs.find([path]):
            if isinstance(one, inputs.Found):
                one.read()
            elif one.outcome.level == "refused":
                raise InputError(f"{path}: {one.outcome.text}")

    every(dicom.read_pixels, volumes)(path)


def picture(path: Path, out: Path) -> None:
    import prepare_unlabelled

    prepare_unlabelled.main(["--folder", str(path.parent), "--out", str(out / "slices.h5")])


def mask(path: Path, out: Path) -> None:
    from ssinfnet.evaluation import saved_maps
    from ssinfnet.files import masks, pictures

    def read_map(path: Path) -> None:
        kind, _ = saved_maps.decide([path])
        saved_maps.read(path, kind)

    every(pictures.read_grey, masks.read_infection, masks.read_classes, read_map)(path)


def folder(path: Path, out: Path) -> None:
    import prepare_folder

    prepare_folder.main(["--folder", str(path), "--out", str(out / "slices.h5")])


def patients(path: Path, out: Path) -> None:
    import prepare_patients

    argv = ["--folder", str(path / "ct"), "--table", str(path / "table.csv")]
    prepare_patients.main([*argv, "--out", str(out / "slices.h5"), "--patients", str(out / "patients.csv")])


def table(path: Path, out: Path) -> None:
    from ssinfnet.config.patients import Patients
    from ssinfnet.sources import clinical_table

    clinical_table.read_table(path, Patients())


def zip(path: Path, out: Path) -> None:
    from ssinfnet.files import archives

    def unpack(path: Path) -> None:
        with archives.unpacked(path) as content:
            list(content.rglob("*"))

    every(archives.check, archives.inspect, unpack)(path)


def config(path: Path, out: Path) -> None:
    from snakemake.common.configfile import load_configfile
    from snakemake_interface_common.exceptions import WorkflowError

    from ssinfnet.config import workflow
    from ssinfnet.errors import InputError

    try:
        values = load_configfile(path)
    except (WorkflowError, RecursionError, UnicodeDecodeError) as error:  # Snakemake ends with these
        raise InputError(f"{path}: {error}") from None
    workflow.parse(values)


def csv(path: Path, out: Path) -> None:
    from ssinfnet.lungs import cleaning, verdicts
    from ssinfnet.report import paper_tables
    from ssinfnet.severity import patients as severity_report
    from ssinfnet.slices import parts
    from ssinfnet.sources import parts_table
    from ssinfnet.sources import patients as sources

    every(
        parts.read_split,
        sources.read_manifest,
        severity_report.read_patients,
        verdicts.read_verdicts,
        paper_tables.read,
        lambda path: cleaning.read_exclusions(path, ["s1"]),
        lambda path: cleaning.read_quality([path], ["s1"]),
        lambda path: parts_table.read_parts(path, ["s1", "s2", "s3"]),
    )(path)


def parts(path: Path, out: Path) -> None:
    from ssinfnet.sources import parts_table

    parts_table.read_parts(path, ["s1", "s2", "s3"])


def json_(path: Path, out: Path) -> None:
    from ssinfnet.evaluation import runs

    runs.read_threshold(path)


def store(path: Path, out: Path) -> None:
    from ssinfnet.slices.store import SliceStore

    with SliceStore(path) as opened:
        for slice_id in opened.ids:
            opened.read("image", slice_id)


def weights(path: Path, out: Path) -> None:
    from ssinfnet.inference import weights as inference_weights
    from ssinfnet.report import summary_json

    every(inference_weights.load_weights, summary_json.training_of)(path)


def state(path: Path, out: Path) -> None:
    from ssinfnet.training import state as checkpoint

    checkpoint.load_state(path)


def published(path: Path, out: Path) -> None:
    from ssinfnet.exchange import infnet_checkpoint

    infnet_checkpoint.load(path, "resnet50")


READERS: dict[str, Reader] = {
    reader.__name__.rstrip("_"): reader
    for reader in (
        *(
            nifti,
            scan,
            picture,
            mask,
            folder,
            patients,
            table,
            zip,
            config,
            csv,
            parts,
            json_,
            store,
            weights,
            state,
            published,
        ),
    )
}


def attempt(reader: Reader, path: Path) -> tuple[str, str]:
    """`ok`, `refused` with the message, or `failed` with the reason."""
    from ssinfnet.errors import InputError

    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix="out-") as out:
        before = set(Path(tempfile.gettempdir()).iterdir())
        try:
            reader(path, Path(out))
            return "ok", ""
        except InputError as error:
            if left := [*Path(out).iterdir(), *(set(Path(tempfile.gettempdir()).iterdir()) - before)]:
                return "failed", f"refused, but left {left[0].name}"
            return "refused", str(error)
        except BaseException as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            return "failed", f"{type(error).__name__}: {error} ({place.filename}:{place.lineno})"


def main() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        for line in sys.stdin:
            reader, path = json.loads(line)
            faulthandler.dump_traceback_later(SECONDS, exit=True)
            answer = attempt(READERS[reader], Path(path))
            faulthandler.cancel_dump_traceback_later()
            answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
