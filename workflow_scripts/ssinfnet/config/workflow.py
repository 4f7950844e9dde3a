"""The whole config, assembled where the Snakefile needs it; no other module may import this one."""

import itertools
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from ssinfnet.config import label_budgets
from ssinfnet.config.base import Section
from ssinfnet.config.cleaning import Cleaning
from ssinfnet.config.download import Download
from ssinfnet.config.evaluation import Evaluation
from ssinfnet.config.labelled import Labelled
from ssinfnet.config.labels import Labels
from ssinfnet.config.messages import explain, near
from ssinfnet.config.methods import Method
from ssinfnet.config.network import Network
from ssinfnet.config.parenchyma import Parenchyma
from ssinfnet.config.paths import expand_home, output_folder
from ssinfnet.config.patients import Patients
from ssinfnet.config.phantom import Phantom
from ssinfnet.config.pretext import Pretext
from ssinfnet.config.pretext_tasks import PretextTasks
from ssinfnet.config.priors import Priors
from ssinfnet.config.scans import Scans
from ssinfnet.config.self_training import require_teachers
from ssinfnet.config.severity import Severity
from ssinfnet.config.split import Split
from ssinfnet.config.training import Multi, Single
from ssinfnet.config.unlabelled import Unlabelled
from ssinfnet.errors import InputError

MAX_VALUES, MAX_TEXT = 10_000, 10_000
RENAMED = {"segmentation": "labelled", "ictcf": "patients"}
"""Sections by the names that they once had."""
MOVED = {("methods", "unlabelled"): "pretext.unlabelled"}
"""Keys of a named part of a section, by section and key, and the keys that took their place."""


class Config(Section):
    """Everything that config.yaml may say."""

    data_dir: str = Field("data", description="folder of downloads")
    results_dir: str = Field("results", description="folder of everything computed")
    methods: dict[str, Method] = Field(min_length=1, description="the rows of the tables, by name; null leaves one out")
    seeds: tuple[int, ...] = Field((0,), min_length=1, description="each method is trained once per seed")
    shards: int = Field(2, ge=1, description="jobs over which the patients' slices are spread")
    keep_states: Literal["last", "all", "none"] = Field(
        "last",
        description="training states that stay once the run needs them no more; last: the last one of each training, "
        "from which a longer schedule goes on; none: a longer schedule trains anew from its start",
    )
    phantom: Phantom = Phantom()
    download: Download = Download()
    labelled: Labelled = Labelled()
    unlabelled: Unlabelled = Unlabelled()
    labels: Labels = Labels()
    split: Split = Split()
    patients: Patients = Patients()
    parenchyma: Parenchyma = Parenchyma()
    cleaning: Cleaning = Cleaning()
    pretext: PretextTasks = PretextTasks()
    single: Single = Single()
    priors: Priors = Priors()
    multi: Multi = Multi()
    evaluation: Evaluation = Evaluation()
    severity: Severity = Severity()
    scans: Scans = Scans()

    @field_validator("data_dir", "results_dir")
    @classmethod
    def _folders(cls, text: str) -> str:
        return output_folder(text)

    @field_validator("methods", mode="before")
    @classmethod
    def _left_out(cls, methods: Any) -> Any:
        # An overlay is merged into config.yaml key by key, so it could not take a method away otherwise.
        if not isinstance(methods, dict):
            return methods
        return {name: method for name, method in methods.items() if method is not None}

    @field_validator("methods")
    @classmethod
    def _names(cls, methods: dict[str, Method]) -> dict[str, Method]:
        for name in methods:
            if not name.replace("_", "").isalnum() or not name.isascii() or not name.islower():
                raise ValueError(f"method name {name!r} must be lower-case letters, digits and _")
        return methods

    @model_validator(mode="after")
    def _pretext(self) -> "Config":
        known = ["none", *self.pretext.tasks()]
        for name, method in self.methods.items():
            if method.pretext not in known:
                names = f"{', '.join(known[:-1])} or {known[-1]}{near(method.pretext, known)}"
                raise ValueError(f"methods.{name}.pretext: must be {names} (got {method.pretext!r})")
        return self

    def task(self, method: Method) -> Pretext | None:
        """The pretext task of a method; None for a method without one."""
        return self.pretext.tasks().get(method.pretext)

    def single_network(self, method: str) -> Network:
        """The infection network of a method, by its name."""
        return self.methods[method].single_network or self.single.network

    def multi_network(self, method: str) -> Network:
        """The class network of a method, by its name."""
        return self.methods[method].multi_network or self.multi.network

    def unlabelled_sources(self) -> list[str]:
        """Where slices without masks come from: "unlabelled" (a folder), "patients", both or none."""
        found = {
            "unlabelled": self.unlabelled.folder is not None,
            "patients": self.unlabelled.patients and self.patients.source != "none",
        }
        return [name for name, there in found.items() if there]

    @model_validator(mode="after")
    def _unlabelled(self) -> "Config":
        if self.unlabelled_sources():
            return self
        for name, method in self.methods.items():
            taught = method.self_training.teacher is not None
            if taught or ((task := self.task(method)) and task.unlabelled):
                who = f"methods.{name}" if taught else f"the pretext task of methods.{name}"
                raise ValueError(
                    f"{who} learns from unlabelled slices, and there are none: name their folder in unlabelled.folder,"
                    " set unlabelled.patients where there are patients, or leave the method out with"
                    f" methods.{name}: null"
                )
        return self

    @model_validator(mode="after")
    def _label_budgets(self) -> "Config":
        label_budgets.require_lines(self.methods)
        # The true priors of all training slices would tell the pretext task what the budget hides.
        if self.priors.mode == "ground_truth" and self.labelled.classes:
            for name, method in self.methods.items():
                if method.labels not in (None, "all") and method.pretext != "none":
                    raise ValueError(
                        f"priors.mode is ground_truth, by which the pretext task of method {name} sees the labels of"
                        " slices beyond its label budget; choose another mode, or labels: all"
                    )
        return self

    @model_validator(mode="after")
    def _teachers(self) -> "Config":
        teachers = {name: method.self_training.teacher for name, method in self.methods.items()}
        require_teachers(teachers)
        taught = [name for name, teacher in teachers.items() if teacher is not None]
        for name in taught:
            own, other = self.methods[name].labels, self.methods[teachers[name]].labels
            # By its maps a teacher hands on the labels that it has learned from.
            if own != other and None not in (own, other):
                raise ValueError(
                    f"methods.{name} learns from {own} labels and its teacher {teachers[name]} from {other}; give both"
                    " the same labels"
                )
        return self

    @model_validator(mode="after")
    def _external(self) -> "Config":
        for name, method in self.methods.items():
            teacher = method.self_training.teacher
            if teacher is not None and self.methods[teacher].is_external:
                raise ValueError(
                    f"methods.{name}.self_training.teacher is {teacher}, which is external; train a teacher"
                )
            if method.is_external and self.split.folds and not method.external.by_seed:
                raise ValueError(
                    f"methods.{name}.external: with split.folds each seed has a test part of its own, so its folders"
                    " need {seed} in their name"
                )
        bundle = self.methods.get(self.scans.bundle or "")
        if bundle and bundle.is_external:
            raise ValueError(f"scans.bundle is {self.scans.bundle}, which is external and has no bundle; name another")
        return self

    def seeds_of(self, name: str) -> tuple[int, ...]:
        """The seeds of which a method has results: all, or the first for predictions that are of no seed."""
        method = self.methods[name]
        return self.seeds if not method.is_external or method.external.by_seed else (min(self.seeds),)

    @model_validator(mode="after")
    def _parts(self) -> "Config":
        # Not in the section: the command of the split is not given the file's name.
        split = self.split
        if split.by == "file" and not split.file:
            raise ValueError("split.by is file, so split.file must name a table with the columns id and part")
        if split.by != "file" and split.file:
            raise ValueError(f"split.file is given, but split.by is {split.by}; set split.by: file or split.file: null")
        if split.by == "file" and split.folds:
            raise ValueError("split.folds draws the parts, which split.by: file gives; set one of them otherwise")
        return self

    @field_validator("seeds")
    @classmethod
    def _seeds(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) < len(seeds) or min(seeds) < 0:
            raise ValueError("seeds must be different and not negative")
        if max(seeds) >= 2**32:
            raise ValueError("seeds must be less than 4,294,967,296")
        return seeds


def parse(values: dict[str, Any]) -> Config:
    """The validated config, `~` expanded and each method at each label budget.

    Raises `InputError` that lists each wrong key, with the nearest valid one.
    """
    if _is_too_large(values):
        raise InputError(f"the config holds more than {MAX_VALUES:,} values, or text longer than {MAX_TEXT:,}")
    try:
        config = Config.model_validate(expand_home(values))
        return Config.model_validate(label_budgets.expand(config.model_dump()))
    except ValidationError as error:
        raise InputError.from_defects("the config", _defects(error)) from None


def _is_too_large(values: Any) -> bool:
    """Whether a walk over all values ends too late: in YAML a few lines of references can stand for billions."""
    waiting, count = [values], 0
    while waiting and count <= MAX_VALUES:
        value, count = waiting.pop(), count + 1
        if isinstance(value, str) and len(value) > MAX_TEXT:
            return True
        if isinstance(value, dict | list | tuple):
            waiting.extend(itertools.islice(value, MAX_VALUES))
        if isinstance(value, dict):
            waiting.extend(itertools.islice(value.values(), MAX_VALUES))
    return count > MAX_VALUES


def _defects(error: ValidationError) -> list[str]:
    lines, others = [], []
    for item in error.errors():
        place = item["loc"]
        if len(place) == 1 and place[0] in RENAMED:
            lines.append(f"config: the section {place[0]} is called {RENAMED[place[0]]} now; rename it")
        elif len(place) == 3 and (place[0], place[2]) in MOVED:
            key = ".".join(map(str, place))
            lines.append(f"config: there is no {key} any more; say {MOVED[place[0], place[2]]}, which holds for a task")
        else:
            others.append(item)
    return lines + explain(Config, others)
