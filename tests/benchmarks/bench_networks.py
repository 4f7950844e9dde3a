"""All networks at the sizes of the default and of experiments/compared_systems.yaml."""

from pathlib import Path

import yaml
from snakemake.utils import update_config

from ssinfnet.config import workflow
from ssinfnet.config.base import Section

ROOT = Path(__file__).parents[2]
DEFAULT, COMPARED = "config.yaml", "experiments/compared_systems.yaml"


def parse(*files: str) -> workflow.Config:
    """The config of these files, one laid over the other."""
    values: dict = {}
    for file in files:
        update_config(values, yaml.safe_load((ROOT / file).read_text()))
    return workflow.parse(values)


def sections(stage: str) -> dict[str, Section]:
    """The networks of the stage `single` or `multi` by name; those that see a prior are told apart."""
    config = parse(DEFAULT, COMPARED)
    own = [getattr(method, f"{stage}_network") for method in config.methods.values()]
    found = [getattr(config, stage).network, *filter(None, own)]
    return {section.name + ", prior" * getattr(section, "prior", False): section for section in found}
