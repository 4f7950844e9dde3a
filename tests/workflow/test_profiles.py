"""The profiles of workstation and cluster: complete, explained, and in step with the rules."""

import itertools
import re

import pytest
import yaml
from workflow_copy import ROOT

DEFAULT, SLURM = (ROOT / f"profiles/{name}/config.yaml" for name in ("default", "slurm"))


def test_the_slurm_profile_says_all_that_the_default_says():
    """As --workflow-profile replaces it."""
    default, slurm = (yaml.safe_load(profile.read_text()) for profile in (DEFAULT, SLURM))
    assert {key: slurm.get(key) for key in default} == default


@pytest.mark.parametrize("profile", [DEFAULT, SLURM], ids=["default", "slurm"])
def test_every_key_is_explained(profile):
    """By a comment in the line above or beside it."""
    lines = ["", *profile.read_text().splitlines()]
    keys = [(above, line) for above, line in itertools.pairwise(lines) if re.match(r"[\w-]+:", line)]
    assert len(keys) == len(yaml.safe_load(profile.read_text()))
    assert [line for above, line in keys if not above.startswith("#") and "#" not in line] == []


def test_the_slurm_profile_knows_every_rule_that_uses_a_gpu():
    rules = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    using = {one.split(":")[0] for one in re.split(r"^rule ", rules, flags=re.MULTILINE)[1:] if "gpu=GPU" in one}
    assert {"train_single", "train_student"} < using
    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
    asking = {rule for rule, resources in profile["set-resources"].items() if resources["gpu"] == 1}
    # Beyond those, only rules that share a group's job with one of them ask.
    assert asking == using | set(profile["groups"])
