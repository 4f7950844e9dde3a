"""The case browser as a page: which cases it has room for, and what it says about those it leaves out."""

from collections.abc import Mapping, Sequence
from typing import Any

from ssinfnet.evaluation.runs import read_threshold
from ssinfnet.files.json_file import read_json
from ssinfnet.report import cases, pages
from ssinfnet.report.cases import MOST_SLICES, WIDTH, Labelled, People, Record, size, take

LARGEST = 15_000_000  # bytes of the page that is opened on its own
FRAME = 60_000  # bytes that the page has without its cases
TESTS = 0.25  # share of the room that labelled slices may take


def room(largest: int, tests: Sequence[Record] = ()) -> int:
    """Bytes for patients in a page of at most `largest` bytes that has these labelled slices already."""
    return largest - FRAME - size(list(tests))


def sample(records: Sequence[Record], tests: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    """Those of the patients and labelled slices that a page in Snakemake's report has room for."""
    fewer = take(tests, int(TESTS * room(pages.LARGEST_IN_REPORT)) if records else room(pages.LARGEST_IN_REPORT))
    return take(records, room(pages.LARGEST_IN_REPORT, fewer)), fewer


def pages_of(
    labelled: Labelled, people: People | None, labels: Mapping[str, str], *, notice: str, name: str
) -> tuple[str, str]:
    """The page, and the one with fewer cases that Snakemake's report can show, both as HTML text.

    `people` are left out without a severity stage; `labels` are the methods' names, `name` that of the fuller page.
    """
    thresholds = {run.method: read_threshold(run.path) for run in labelled.single}
    tests, of_tests = cases.labelled_slices(*labelled, int(TESTS * room(LARGEST)))
    patients, of_patients = [], 0
    if people:
        patients, of_patients = cases.patients(*people, thresholds, room(LARGEST, tests))
    about = {
        "of_patients": of_patients,
        "of_tests": of_tests,
        "methods": [
            {"name": run.method, "label": labels[run.method], "seed": run.seed, "threshold": thresholds[run.method]}
            for run in labelled.single
        ],
        "severity": {run.method: read_json(run.path) for run in (people.severity if people else ())},
        "notice": notice,
    }
    return render(patients, tests, **about), render(*sample(patients, tests), **about, fuller=name)


def render(
    patients: Sequence[Record],
    tests: Sequence[Record],
    *,
    of_patients: int,
    of_tests: int,
    methods: Sequence[Mapping[str, Any]],
    severity: Mapping[str, Mapping[str, Any]],
    notice: str = "",
    fuller: str = "",
) -> str:
    """The page as HTML text.

    The records are those of `cases`, out of `of_patients` and `of_tests`; `methods` have name, label,
    seed and threshold; `severity` has the metrics of each by its name; `notice` stands above all, and `fuller` names a
    page with more cases.
    """
    seeds = ", ".join(sorted({str(method["seed"]) for method in methods}))
    notes = []
    if patients:
        notes += [
            _share("patients with pictures", len(patients), of_patients),
            f"Of a patient at most {MOST_SLICES} slices are shown, spread over the scan.",
        ]
    notes += [
        _share("labelled test slices", len(tests), of_tests),
        f"Of each method the run with the lowest seed ({seeds}) is shown; pictures are at most {WIDTH} pixels wide.",
    ]
    if fuller and len(patients) + len(tests) < of_patients + of_tests:
        notes.append(f"The file {fuller}, beside the report, shows more.")
    data = {
        "methods": list(methods),
        "patients": list(patients),
        "tests": list(tests),
        "severity": {
            name: {key: metrics[key] for key in ("headline", "cutoffs", "patient_ratio")}
            for name, metrics in severity.items()
        },
    }
    return pages.render("cases.html.j2", data=data, notes=notes, notice=notice)


def _share(what: str, shown: int, total: int) -> str:
    if shown == total:
        return f"All {total:,} {what} are here."
    return f"{shown:,} of {total:,} {what} are here, drawn at random, so that nobody has picked them."
