"""The methods of experiments/compared_systems.yaml, small, through the whole DAG up to the tables and the bundles."""

import pandas as pd
import pytest
import yaml
from workflow_copy import ROOT, Workflow

pytestmark = pytest.mark.slow

SMALL = {"width": 4, "channels": 8}


def small(network):
    return network and {key: SMALL.get(key, value) for key, value in network.items()}


def test_every_system_is_in_every_table_it_belongs_to(tmp_path):
    methods = yaml.safe_load((ROOT / "experiments/compared_systems.yaml").read_text())["methods"]
    own = {name: method for name, method in methods.items() if method}
    for method in own.values():
        method |= {key: small(method.get(key)) for key in ("single_network", "multi_network")}
    overlay = {
        "methods": methods,
        "patients": {"source": "none"},
        "priors": {"mode": "in_sample"},
        "multi": {"schedule": {"epochs": 1}},
    }
    workflow = Workflow(tmp_path)
    targets = [f"results/tables/table_{number}.csv" for number in (2, 3, 4)]
    bundles = [f"results/bundles/{name}.zip" for name in ("covid_segnet", "fcn8s_no_prior")]
    workflow.snakemake("--cores", "2", *targets, *bundles, *workflow.overlay(yaml.safe_dump(overlay)))

    def rows(number):
        table = pd.read_csv(tmp_path / targets[number - 2]).query("source == 'ours'")
        return set(table["name"])

    trained = {"sinfnet", "ssinfnet", *own}
    assert rows(2) == rows(3) == trained
    # Only with a prior can there be an oracle.
    assert rows(4) == {"sinfnet", "ssinfnet", "fcn8s"}
    table = pd.read_csv(tmp_path / targets[0]).query("name == 'covid_segnet_pretext' and target == 'infection'")
    assert set(table["reference"]) == {"COVID-SegNet"}
