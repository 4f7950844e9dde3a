"""Which training states stay on the disk, and what is trained again where one is missed."""

import json
import os
import re
import shutil

import pytest
from workflow_copy import Workflow

pytestmark = pytest.mark.slow

# Trainings that are longer than in the finished run, which keeps all states: by two segments, and by two rounds.
MULTI, PRETEXT = "results/sinfnet/seed0/multi", "results/pretext/inpainting/seed0/single"
LONGER = {"multi": {"schedule": {"epochs": 4}}, "pretext": {"rounds": {"network_epochs": 3}}}
TARGETS = (f"{MULTI}/classes_predicted_prior.h5", f"{PRETEXT}/round4/epoch1.safetensors")
NEW = {"sinfnet-seed0-epoch3", "sinfnet-seed0-epoch4", *(f"inpainting-seed0-round{r}-epoch1" for r in (3, 4))}


class Longer(Workflow):
    """The finished run in another folder, to go on with."""

    def trains(self, keep: str, *arguments: str) -> set[str]:
        """Run Snakemake for the longer trainings; the segments that it names."""
        overlay = self.overlay(json.dumps(LONGER | {"keep_states": keep}))
        done = self.snakemake("--cores", "2", *TARGETS, *arguments, *overlay)
        return set(re.findall(r"logs/(?:train_multi|pretrain_single)/(\S+)\.log", done.stdout + done.stderr))

    def states(self) -> list[str]:
        """Of the class network the epochs, of the pretext task the rounds of which there are states."""
        files = [*(self.folder / MULTI).glob("*.pt"), *(self.folder / PRETEXT).glob("*/*.pt")]
        return sorted(file.stem if file.parent.name == "multi" else file.parent.name for file in files)


@pytest.fixture
def longer(finished, tmp_path):
    run = Longer(tmp_path)
    for name in ("data", "results"):  # links, as jobs replace their files; but logs and measured times they write into
        ignored = shutil.ignore_patterns("logs", "benchmarks")
        shutil.copytree(finished.folder / name, tmp_path / name, copy_function=os.link, ignore=ignored)
    shutil.copytree(finished.folder / ".snakemake", tmp_path / ".snakemake")
    assert run.states() == ["epoch1", "epoch2", "round0", "round1", "round2"]
    return run


def test_the_last_state_stays_and_a_longer_training_goes_on_from_it(longer):
    assert longer.trains("last") == NEW
    # Those of the finished run stay, but for the one that has been used.
    assert longer.states() == ["epoch1", "epoch4", "round0", "round1", "round2", "round4"]
    for keep in ("last", "all", "none"):
        assert longer.trains(keep, "--dry-run") == set()

    # Lost weights: the states between are gone, so the segments before train again, to the same bytes.
    hashes = longer.hashes(MULTI)
    for name in ("epoch4.safetensors", "classes_predicted_prior.h5"):
        (longer.folder / MULTI / name).unlink()
    assert longer.trains("none") == {f"sinfnet-seed0-epoch{epoch}" for epoch in (2, 3, 4)}
    assert longer.states() == ["round0", "round1", "round2", "round4"]
    assert longer.hashes(MULTI) == {name: value for name, value in hashes.items() if not name.endswith(".pt")}


def test_all_states_stay_where_that_is_asked_for(longer):
    assert longer.trains("all") == NEW
    assert longer.states() == [*(f"epoch{n}" for n in (1, 2, 3, 4)), *(f"round{n}" for n in range(5))]
    for path in (longer.folder / "results").rglob("*.pt"):
        path.unlink()
    for keep in ("last", "all", "none"):
        assert longer.trains(keep, "--dry-run") == set()
