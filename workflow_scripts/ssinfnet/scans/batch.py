"""Many scans one after another: each into a folder of its own, whatever becomes of the others."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset
from tqdm import tqdm

from ssinfnet.errors import InputError
from ssinfnet.exchange.bundle import Bundle
from ssinfnet.files.hashes import file_hash, files_hash
from ssinfnet.inference.runtime import Runtime
from ssinfnet.scans import change, identity, inputs, left_out, lobe_mask, outputs, page, patient, tables, told
from ssinfnet.scans.dicom_seg import Kind, Maker
from ssinfnet.scans.identity import Identity
from ssinfnet.scans.inputs import Found
from ssinfnet.scans.result import ScanResult
from ssinfnet.scans.score import Scorer, method_of
from ssinfnet.scans.volume import Outcome, ScanError

TABLE, PAGE = "scans.csv", "scans.html"


@dataclass(frozen=True)
class Options:
    """How scans are scored; `lobes` and `compare` (an earlier scan's folder) are of a single scan.

    `earlier_scan` is the DICOM that the earlier results are from, to tell whether it is of the same patient. `created`
    dates DICOM files; `version` is that of the software.
    """

    identity: Identity
    kind: Kind
    level: float
    batch_size: int
    created: datetime
    version: str
    lobes: Path | None = None
    compare: Path | None = None
    earlier_scan: Path | None = None

    def recorded(self) -> dict[str, Any]:
        """What the results depend on, ready for JSON: with other values a scan is scored again."""
        earlier = None if self.compare is None else _result_file(self.compare)
        return {
            "dicom_identity": self.identity,
            "segmentation_type": self.kind,
            "level": self.level,
            "lobes": None if self.lobes is None else file_hash(self.lobes),
            "compare": None if earlier is None else file_hash(earlier),
            "earlier_scan": self.earlier_scan is not None,
        }


@dataclass(frozen=True)
class _Earlier:
    """The result of an earlier scan, and what is known of its patient."""

    result: Mapping[str, Any]
    patient: Dataset | None


@dataclass(frozen=True)
class Summary:
    """How many scans there are, how many of them have a score, and how many of these had it before."""

    total: int
    scored: int
    before: int


class Batch:
    """Scores one scan after another by a bundle, each into the folder of its name below `folder`.

    `before` counts those that had a score already and are left as they are.
    """

    def __init__(self, bundle: Bundle, folder: str | Path, runtime: Runtime, options: Options):
        self._bundle, self._folder, self._runtime, self._options = bundle, Path(folder), runtime, options
        self._scorer: Scorer | None = None  # made for the first scan that has to be scored
        self.before = 0

    def score(
        self,
        one: Found,
        lobes: Path | None = None,
        compare: Path | None = None,
        earlier_scan: Path | None = None,
    ) -> Mapping[str, Any]:
        """The result of a scan, as `ScanResult.as_dict` has it; of one that fails it has the reason."""
        options = replace(self._options, lobes=lobes, compare=compare, earlier_scan=earlier_scan)
        recorded = {**options.recorded(), "scan": _content(one)}
        done = _done(self._folder / one.name, self._bundle, recorded)
        if done is not None:
            self.before += 1
            return done
        if self._scorer is None:
            self._scorer = Scorer(self._bundle, self._runtime, batch_size=options.batch_size, level=self._options.level)
        attempt = _Attempt(one, self._folder / one.name, self._scorer, options, recorded, _earlier(options))
        return attempt.result()


def score(
    given: Sequence[str | Path], bundle: Bundle, folder: str | Path, runtime: Runtime, options: Options
) -> Summary:
    """Score all scans of the inputs into folders of their names in `folder`, with a table and a page of all.

    A scan that has a score by this bundle with these options is left as it is, unless its files have changed. One that
    fails is listed with its reason. Raises `InputError` for an input that is not there, and for lobes or an earlier
    scan where there are several scans.
    """
    # An archive is unpacked twice for this; it is what the time that is left is reckoned by.
    total = sum(isinstance(one, Found) for one in inputs.find(given))
    if total != 1 and (options.lobes or options.compare):
        raise InputError(f"--lobes and --compare are of one scan, and the inputs hold {total}; score it by itself")
    batch = Batch(bundle, folder, runtime, options)
    results: list[Mapping[str, Any]] = []
    refused = 0
    with tqdm(total=total, unit="scan", file=sys.stderr) as bar:
        for one in inputs.find(given):
            if isinstance(one, Found):
                results.append(batch.score(one, options.lobes, options.compare, options.earlier_scan))
                bar.update()
                continue
            left_out.say(one)
            if one.outcome.level == "refused":
                refused += 1
                results.append(nothing(refused, left_out.told_of(one), bundle))
    return write(Path(folder) / TABLE, Path(folder) / PAGE, results, batch.before)


def nothing(number: int, outcome: Outcome, bundle: Bundle) -> Mapping[str, Any]:
    """The result of what a batch refused before it was a scan, by its `number` among those."""
    return ScanResult(f"left_out_{number}", "nothing", None, None, method_of(bundle), outcomes=[outcome]).as_dict()


def write(table: Path, summary: Path, results: Sequence[Mapping[str, Any]], before: int = 0) -> Summary:
    """Write the `table` and the `summary`, a page, of a batch, whose scans have their folders beside the page."""
    folder = summary.parent
    links = {one["name"]: f"{one['name']}/{outputs.PAGE}" for one in results if (folder / one["name"]).is_dir()}
    tables.write_batch(table, results)
    page.write_batch(summary, results, links)
    return Summary(len(results), sum(one["scored"] for one in results), before)


def _content(one: Found) -> str | None:
    """SHA-256 of the files of a scan, their names and order included; None where one cannot be read."""
    try:
        return files_hash({f"{number:06} {path.name}": path for number, path in enumerate(one.files)})
    except InputError:
        return None


def _done(folder: Path, bundle: Bundle, recorded: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The result of a scan that need not be scored again."""
    try:
        found = tables.read_scan(folder / f"{outputs.RESULT}.json")
        same = found["method"]["sha256"] == bundle.identity and found["options"] == recorded
        return found if same and found["scored"] else None
    except (InputError, KeyError):
        return None


@dataclass(frozen=True)
class _Attempt:
    """To score one scan into a folder, with what is written of the options (`recorded`)."""

    one: Found
    folder: Path
    scorer: Scorer
    options: Options
    recorded: Mapping[str, Any]
    earlier: _Earlier | None

    def result(self) -> Mapping[str, Any]:
        # What is there is of another bundle or other options, and no longer true.
        outputs.clear(self.folder)
        known = [self.one.path, self.folder, self.options.lobes, self.options.compare]
        try:
            result = self._score()
        except ScanError as error:
            result = self._failed(error.outcome)
        except InputError as error:
            text = told.without_folders(str(error), [path for path in known if path is not None])
            result = self._failed(Outcome("failed", "refused", text))
        except Exception as error:  # one scan may not end the batch; messages of libraries may quote a header
            text = f"an unexpected {type(error).__name__}; please report it"
            result = self._failed(Outcome("failed", "refused", text))
        if not result.scored:
            for outcome in result.outcomes:
                if outcome.level != "note":
                    tqdm.write(f"{self.one.name}: refused: {outcome.text}", file=sys.stderr)
            outputs.write_refused(self.folder, result)
        return result.as_dict()

    def _score(self) -> ScanResult:
        volume = self.one.read()
        notes = []
        if self.earlier is not None:
            note = patient.check(self.earlier.patient, patient.header_of(volume.source))
            notes = [] if note is None else [note]
        lobes = None if self.options.lobes is None else lobe_mask.read(self.options.lobes, volume)
        result, maps = self.scorer.score(volume, lobes)
        result = replace(result, options=self.recorded, outcomes=[*result.outcomes, *notes])
        if maps is None:
            return result
        dicom = None
        if volume.source.kind == "dicom":
            datasets = identity.read(volume.source.files, self.options.identity)
            result = replace(result, series_uid=str(datasets[0].SeriesInstanceUID))
            maker = Maker(result.method.label, result.method.sha256, self.options.version)
            dicom = outputs.DicomOptions(
                datasets, maker, self.options.identity, self.options.created, self.options.kind
            )
        comparison = None if self.earlier is None else change.compare(self.earlier.result, result.as_dict())
        outputs.write(
            self.folder,
            result,
            volume.values,
            volume.grid,
            maps,
            window=self.scorer.window if volume.hounsfield else None,
            pictures=[path.stem for path in volume.source.files] if volume.source.kind == "pictures" else (),
            dicom=dicom,
            comparison=comparison,
        )
        return result

    def _failed(self, outcome: Outcome) -> ScanResult:
        method = self.scorer.method
        return ScanResult(self.one.name, "nothing", None, None, method, outcomes=[outcome], options=self.recorded)


def _earlier(options: Options) -> _Earlier | None:
    if options.compare is None:
        return None
    path = _result_file(options.compare)
    result = tables.read_scan(path)
    if options.earlier_scan is None:
        return _Earlier(result, patient.kept_in(path.parent / outputs.SEGMENTATION))
    return _Earlier(result, patient.of_series(options.earlier_scan, result["series_uid"]))


def _result_file(earlier: Path) -> Path:
    return earlier / f"{outputs.RESULT}.json" if earlier.is_dir() else earlier
