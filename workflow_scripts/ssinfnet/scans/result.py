"""All that is told of one scan, ready for JSON; of its origin only what says nothing of a patient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ssinfnet.scans.measures import Measures
from ssinfnet.scans.volume import Outcome

FORMAT = "ssinfnet-scan/1"
"""Another number means that the fields have another meaning."""
WORDS = ("not severe", "severe", "critically ill")
"""How a person reads a severity class: 0 (control, regular, mild), 1 and 2."""
UNITS = {"ml": "millilitres", "shares": "0 to 1, of the lung of the part", "interval": "of the infected share"}


@dataclass(frozen=True)
class Severity:
    """The severity class of a scan, 0, 1 or 2, and how far to trust it.

    `by_seed` has the class that each seed's networks give. Of `given` patients who were given this class when the
    method was tried, `right` truly had it; both are None where nobody tried. `cutoffs` is `fitted` or `published`.
    """

    score: int
    by_seed: Mapping[int, int]
    ratio: float
    cutoffs: str
    right: int | None = None
    given: int | None = None

    def reliability(self) -> str:
        """How often this class was right, in a sentence."""
        if not self.given:
            return "How often this class is right was not tried."
        return f"Of {self.given} patients who were given this class in the test, {self.right} had it."

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "class": self.score,
            "words": WORDS[self.score],
            "by_seed": {str(seed): score for seed, score in self.by_seed.items()},
            "ratio": self.ratio,
            "cutoffs": self.cutoffs,
            "right": self.right,
            "given": self.given,
        }


@dataclass(frozen=True)
class Method:
    """What scored a scan: the label and SHA-256 of the bundle, its seeds, and whether it has only seen a phantom."""

    label: str
    sha256: str
    seeds: Sequence[int]
    synthetic: bool = False


@dataclass(frozen=True)
class ScanResult:
    """One scan, scored or not.

    `name` is that of its files and says nothing of the patient; `kind` is `dicom`, `nifti` or
    `pictures`, or `nothing` where a scan could not be read; `shape` is
    (slices, rows, columns), `spacing` mm along each, None for pictures. `measures` are None where no score was given;
    then one of the `outcomes` says why. `share_interval` is that of the infected share, 0 to 1, which covers the true
    one in `coverage` of scans like those it was made from. `series_uid` is that of a DICOM series; `options` are those
    of the command, ready for JSON, by which it tells whether the scan has to be scored again.
    """

    name: str
    kind: str
    shape: tuple[int, int, int] | None
    spacing: tuple[float, float, float] | None
    method: Method
    measures: Measures | None = None
    share_interval: tuple[float, float] | None = None
    coverage: float | None = None
    severity: Severity | None = None
    outcomes: Sequence[Outcome] = field(default=())
    series_uid: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def scored(self) -> bool:
        """Whether there are numbers."""
        return self.measures is not None

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        interval = None
        if self.share_interval is not None:
            low, high = self.share_interval
            interval = {"low": low, "high": high, "coverage": self.coverage}
        return {
            "format": FORMAT,
            "name": self.name,
            "kind": self.kind,
            "series_uid": self.series_uid,
            "shape": None if self.shape is None else list(self.shape),
            "spacing_mm": None if self.spacing is None else list(self.spacing),
            "method": {
                "label": self.method.label,
                "sha256": self.method.sha256,
                "seeds": list(self.method.seeds),
                "synthetic": self.method.synthetic,
            },
            "options": dict(self.options),
            "scored": self.scored,
            "outcomes": [{"code": one.code, "level": one.level, "text": one.text} for one in self.outcomes],
            "measures": None if self.measures is None else self.measures.as_dict(),
            "infected_interval": interval,
            "severity": None if self.severity is None else self.severity.as_dict(),
            "units": UNITS,
        }
