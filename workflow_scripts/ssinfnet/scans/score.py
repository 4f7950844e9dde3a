"""From a volume and a bundle to masks and numbers.

Each seed's infection map decides about its own share, ratio and class, as in the workflow. The masks are of the mean
of these maps, against the mean of the thresholds. The class networks run on slices with infection alone.
"""

import statistics
from dataclasses import dataclass

import numpy as np
import torch

from ssinfnet.exchange.bundle import Bundle
from ssinfnet.inference import maps
from ssinfnet.inference.folding import fold
from ssinfnet.inference.runtime import Runtime
from ssinfnet.lungs.picture_scan import find_lungs as find_in_pictures
from ssinfnet.lungs.verdicts import KEPT
from ssinfnet.lungs.volume_method import find_lungs
from ssinfnet.lungs.volume_verdict import judge_volume, measure_volume
from ssinfnet.scans.measures import measure
from ssinfnet.scans.outputs import Maps
from ssinfnet.scans.result import Method, ScanResult, Severity
from ssinfnet.scans.volume import Outcome, Volume
from ssinfnet.severity.scores import infection_ratio
from ssinfnet.slices.resize import resize
from ssinfnet.slices.window import to_grey

IN_PART = ("few_slices", "lungs_largely_cut_off")
"""Codes of what says too little of the whole lungs for a severity class, which patients were given for all of them."""


@dataclass
class _Found:
    """What a seed's maps amount to: voxels that it finds infected, and the ratio of each slice."""

    infected: int
    ratios: list[float]


class Scorer:
    """The networks of a bundle, ready for one scan after another."""

    def __init__(self, bundle: Bundle, runtime: Runtime, *, batch_size: int = maps.BATCH, level: float = 0.9):
        """`level` is that of the interval of the infected share, between 0 and 1."""
        self._bundle, self._runtime, self._batch, self._level = bundle, runtime, batch_size, level
        self._single = {seed: self._ready(bundle.single(seed)) for seed in bundle.seeds}
        self._multi = {seed: self._ready(bundle.multi(seed)) for seed in bundle.seeds if bundle.has_classes}
        self.method, self.window = method_of(bundle), bundle.content.settings.window

    def score(self, volume: Volume, lobes: np.ndarray | None = None) -> tuple[ScanResult, Maps | None]:
        """The result of a scan and its maps, all as it is shown; None for maps where a score is refused.

        `lobes` has the codes of `measures.LOBES`, of the volume's shape. Raises `InputError` for lobes that do not fit.
        """
        common = {
            "name": volume.name,
            "kind": volume.source.kind,
            "shape": volume.values.shape,
            "spacing": volume.spacing,
            "method": self.method,
        }
        lungs, outcomes = self._lungs(volume)
        outcomes = [*volume.notes, *outcomes]
        if any(one.level == "refused" for one in outcomes):
            return ScanResult(**common, outcomes=outcomes), None
        found, result = self._maps(volume, lungs)
        content = self._bundle.content
        measures = measure(
            lungs,
            result.infection,
            result.classes,
            spacing=volume.spacing,
            least=content.severity.least_infected,
            lobes=lobes,
        )
        total = measures.lungs.lung
        interval = content.interval.interval({seed: one.infected / total for seed, one in found.items()}, self._level)
        if not interval.known:
            outcomes.append(Outcome("no_interval", "note", f"the interval of the infected share is {interval.text}"))
        severity = self._severity(found)
        if severity and any(one.code in IN_PART for one in outcomes):
            severity = None
            text = "it shows too little of the lungs for a severity class, which speaks for the whole lungs"
            outcomes.append(Outcome("no_severity", "note", text))
        scored = ScanResult(
            **common,
            outcomes=outcomes,
            measures=measures,
            share_interval=(interval.low, interval.high) if interval.known else None,
            coverage=self._level if interval.known else None,
            severity=severity,
        )
        return scored, result

    def _ready(self, network: torch.nn.Module) -> torch.nn.Module:
        """A network where it runs; in bfloat16, whose rounding folding would move, as it was trained."""
        if self._runtime.precision == "float32":
            fold(network, *[torch.zeros(1, 3, 32, 32)] * (1 + network.takes_prior))
        return self._runtime.place(network)

    def _lungs(self, volume: Volume) -> tuple[np.ndarray, list[Outcome]]:
        """The lungs that count, by their codes, and what is to be said of them."""
        settings = self._bundle.content.settings
        if volume.hounsfield:
            lungs = find_lungs(volume.values, volume.spacing)
            verdict = judge_volume(measure_volume(volume.values, lungs, volume.spacing), settings.cleaning)
            return lungs, [Outcome(*finding) for finding in verdict.findings]
        lungs, quality = find_in_pictures(volume.values, settings.parenchyma.method, settings.cleaning)
        rejected = (quality["verdict"] != KEPT).to_numpy()
        lungs[rejected] = 0
        if not lungs.any():
            text = f"no lungs to trust on {len(lungs)} pictures; are they CT of the chest in a lung window, upright?"
            return lungs, [Outcome("no_lungs", "refused", text)]
        if not rejected.any():
            return lungs, []
        text = f"{rejected.sum()} of {len(lungs)} pictures are left out, as no lungs to trust were found there"
        return lungs, [Outcome("pictures_left_out", "note", text)]

    def _maps(self, volume: Volume, lungs: np.ndarray) -> tuple[dict[int, _Found], Maps]:
        seeds = self._bundle.seeds
        found = {seed: _Found(0, []) for seed in seeds}
        threshold = float(np.mean([self._bundle.threshold(seed) for seed in seeds]))
        probability = np.zeros(lungs.shape, np.float32)
        classes = np.zeros(lungs.shape, np.uint8) if self._multi else None
        places = np.flatnonzero((lungs > 0).any(axis=(1, 2)))
        for start in range(0, len(places), self._batch):
            chosen = places[start : start + self._batch]
            images = volume.values[chosen]
            if volume.hounsfield:
                images = to_grey(images, self._bundle.content.settings.window)
            by_seed = self._infection(images)
            for seed, predicted in by_seed.items():
                for one, place in zip(predicted, chosen, strict=True):
                    infected = (one >= self._bundle.threshold(seed)) & (lungs[place] > 0)
                    found[seed].infected += int(np.count_nonzero(infected))
                    found[seed].ratios.append(infection_ratio(one, lungs[place]))
            probability[chosen] = np.mean(list(by_seed.values()), axis=0)
            if classes is not None:
                hit = ((probability[chosen] >= threshold) & (lungs[chosen] > 0)).any(axis=(1, 2))
                if hit.any():
                    priors = {seed: predicted[hit] for seed, predicted in by_seed.items()}
                    classes[chosen[hit]] = self._classes(images[hit], priors)
        return found, Maps(probability, probability >= threshold, lungs, classes)

    def _infection(self, images: np.ndarray) -> dict[int, np.ndarray]:
        """Each seed's infection maps of slices (N, H, W), float32 in the steps of those that the workflow stores."""
        batch = maps.stack(images, self._bundle.content.settings.single.size)
        result = {}
        for seed, network in self._single.items():
            predicted = maps.infection_of(network, batch, self._runtime)
            whole = [resize(one, images.shape[1:]).astype(np.float16) for one in predicted]
            result[seed] = np.stack(whole).astype(np.float32)
        return result

    def _classes(self, images: np.ndarray, priors: dict[int, np.ndarray]) -> np.ndarray:
        """The codes of the most probable class by the mean of the seeds, each with its own prior, uint8 (N, H, W)."""
        size = self._bundle.content.settings.multi.size
        batch = maps.stack(images, size)
        predicted = [
            maps.classes_of(network, batch, maps.stack(priors[seed], size), self._runtime)
            for seed, network in self._multi.items()
        ]
        result = np.empty(images.shape, np.uint8)
        for place, three in enumerate(np.mean(predicted, axis=0)):
            result[place] = np.stack([resize(one, images.shape[1:]) for one in three]).argmax(axis=0)
        return result

    def _severity(self, found: dict[int, _Found]) -> Severity | None:
        severity = self._bundle.content.severity
        if severity.seeds is None:
            return None
        pool = np.mean if severity.patient_ratio == "mean" else np.max
        ratios = {seed: float(pool(one.ratios)) for seed, one in found.items()}
        by_seed = severity.classes(ratios)
        # A class that some seed gave; of two in the middle the more severe one.
        score = statistics.median_high(by_seed.values())
        agreeing = [severity.seeds[seed] for seed, one in by_seed.items() if one == score]
        # The least reliable seed speaks for them: their patients are the same, so counts may not be added.
        right, given = min((one.precision(score) for one in agreeing), key=lambda pair: pair[0] / max(pair[1], 1))
        known = (right, given) if given else (None, None)
        return Severity(score, by_seed, statistics.fmean(ratios.values()), agreeing[0].kind, *known)


def method_of(bundle: Bundle) -> Method:
    """What results say of the bundle that they are from."""
    return Method(bundle.manifest.label, bundle.identity, bundle.seeds, bundle.content.data.synthetic)
