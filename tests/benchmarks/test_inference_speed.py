"""Maps of whole slices by every network, read from a store, beside a plain loop over the same slices as files.

`pytest tests/benchmarks/test_inference_speed.py -m slow`. Both predict sixteen slices in one batch.
"""

import bench_networks
import plain_loop
import pytest

from ssinfnet import networks
from ssinfnet.inference import maps
from ssinfnet.inference.runtime import Runtime
from ssinfnet.slices.store import SliceStore


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["single", "multi"])
def test_inference(bench, slices, stage):
    size = getattr(bench_networks.parse(bench_networks.DEFAULT), stage).training.size
    run, pictures = Runtime("cpu", "float32", bench.threads), plain_loop.Pictures(slices, size)
    with SliceStore(slices.slices_path) as store, SliceStore(slices.priors_path) as priors:
        for name, section in bench_networks.sections(stage).items():
            network = run.place(networks.from_config(section, pretrained=False)).eval()
            plain = networks.from_config(section, pretrained=False).eval()

            def ours(network=network):
                if stage == "single":
                    list(maps.predict_infection(network, store, slices.ids, size, run))
                else:
                    list(maps.predict_classes(network, store, priors, slices.ids, size, run))

            def theirs(plain=plain):
                plain_loop.predict(plain, pictures, maps.BATCH)

            bench.compare(f"predict {stage}: {name}", ours, theirs, items=slices.count, baseline="plain loop")
