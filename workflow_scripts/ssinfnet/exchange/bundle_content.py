"""The JSON files of a bundle, what a scorer has to know beside the weights: a model for each, checked when read."""

import re
from bisect import bisect_right
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from ssinfnet.config.base import Section
from ssinfnet.config.cleaning import Cleaning
from ssinfnet.config.labels import Labels
from ssinfnet.config.network import MultiNetwork, Network, SingleNetwork
from ssinfnet.config.parenchyma import Parenchyma

Seed = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Size = Annotated[int, Field(ge=32, le=4096, multiple_of=32)]


def _own(network: Network) -> Network:
    """The network, if nothing outside of the bundle is needed for it."""
    # timm takes names with a colon or a slash for addresses, and would fetch from there.
    if not re.fullmatch(r"[A-Za-z0-9_.]+", backbone := getattr(network, "backbone", "none")):
        raise ValueError(f"{backbone!r} is no name of a backbone")
    if getattr(network, "weights", "none") != "none":
        raise ValueError("weights must be none, as the bundle holds them all")
    return network


class SingleStage(Section):
    """The infection network, and the edge in pixels to which slices are brought for it."""

    network: Annotated[SingleNetwork, AfterValidator(_own)]
    size: Size


class MultiStage(Section):
    """The class network, and the edge in pixels to which slices and priors are brought for it."""

    network: Annotated[MultiNetwork, AfterValidator(_own)]
    size: Size


class Settings(Section):
    """All that happens to a slice on its way to masks and shares, as when the networks were trained and scored.

    `window` is the HU shown as 0 and as 255; `cleaning` has no list of exclusions.
    """

    single: SingleStage
    multi: MultiStage | None
    window: tuple[float, float]
    labels: Labels
    parenchyma: Parenchyma
    cleaning: Cleaning

    @model_validator(mode="after")
    def _check(self) -> "Settings":
        if self.window[0] >= self.window[1]:
            raise ValueError("window must rise from black to white")
        if self.cleaning.exclusions is not None:
            raise ValueError("cleaning.exclusions must be null")
        return self


class Threshold(Section):
    """From which probability on a pixel counts as infected, and how that was chosen (`validation` or `fixed`)."""

    value: Share
    rule: Literal["validation", "fixed"]
    validation_dice: Share | None


class Thresholds(Section):
    """The threshold of each seed's infection maps."""

    seeds: dict[Seed, Threshold]


class SeedSeverity(Section):
    """The cut-offs of a seed, and how reliable classes by them are.

    `reliability` is what `severity.metrics.classification` says of the patients, with intervals; of fitted cut-offs it
    is cross-validated: each patient was classified by cut-offs fitted on others. `majority` is the same of the most
    frequent class, the picture-blind baseline.
    """

    kind: Literal["fitted", "published"]
    cutoffs: tuple[float, float]
    patients: int = Field(ge=0)
    reliability: dict[str, Any]
    majority: dict[str, Any]
    auc_severe: dict[str, float | None]

    @model_validator(mode="after")
    def _check(self) -> "SeedSeverity":
        if self.cutoffs[0] > self.cutoffs[1]:
            raise ValueError("cutoffs must rise")
        matrix = self.reliability.get("confusion_matrix")
        rows = matrix if isinstance(matrix, list) else []
        if [len(row) for row in rows if isinstance(row, list)] != [3, 3, 3]:
            raise ValueError("reliability needs a confusion_matrix of 3 x 3")
        if any(type(count) is not int or count < 0 for row in rows for count in row):
            raise ValueError("reliability.confusion_matrix holds something else than counts")
        return self

    def classify(self, ratio: float) -> int:
        """The class of a ratio: 0, 1 (severe) or 2 (critically ill)."""
        return bisect_right(self.cutoffs, ratio)

    def precision(self, score: int) -> tuple[int, int]:
        """Of the patients who were given this class, how many truly have it, and how many there were."""
        given = [row[score] for row in self.reliability["confusion_matrix"]]
        return given[score], sum(given)


class Severity(Section):
    """From the ratio of a scan to its severity class.

    The ratio is not the infected share: it is the mean probability of infection within the lungs of a slice, over the
    slices whose lungs are kept the `mean` or `max`, as `patient_ratio` says. `least_infected` is the infected share
    below which a region counts as free in the CT score.
    """

    patient_ratio: Literal["mean", "max"]
    least_infected: Share
    seeds: dict[Seed, SeedSeverity] | None = Field(description="null where no patients were scored")

    def classes(self, ratios: Mapping[int, float]) -> dict[int, int]:
        """The class that each seed gives a scan, by the ratios of each; raises `KeyError` for another seed."""
        return {seed: (self.seeds or {})[seed].classify(ratio) for seed, ratio in ratios.items()}


class SplitRecord(Section):
    """A split of the labelled slices: the SHA-256 of its table, its fingerprint, and the groups of each part.

    Groups of a user's own folder may be names of patients, so they are not told: `groups` is null.
    """

    seeds: tuple[Seed, ...] = Field(min_length=1)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    fingerprint: dict[str, Any]
    groups: dict[Literal["train", "validation", "test"], tuple[str, ...]] | None


class Splits(Section):
    """How the labelled slices were split: once for all seeds, or for each."""

    by: str
    folds: int | None
    splits: tuple[SplitRecord, ...] = Field(min_length=1)


class DataSet(Section):
    """Data or weights that a method was made from, what for, and under which licence, with how we know."""

    name: str
    used_for: str
    licence: str
    source: str


class Data(Section):
    """All data of a method; `synthetic` where its labelled slices are the phantom's."""

    synthetic: bool
    sets: tuple[DataSet, ...] = Field(min_length=1)
