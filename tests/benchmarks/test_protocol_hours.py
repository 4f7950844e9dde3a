"""How long the paper's protocol takes on this machine, from measured training steps of every stage.

`pytest tests/benchmarks/test_protocol_hours.py -m slow -s` prints the table. With a GPU the steps have the protocol's
batches and precision, on a CPU smaller batches: there the time grows with the number of images alone.
"""

import time
from pathlib import Path

import pytest
import torch
import yaml
from snakemake.utils import update_config
from torch.utils.flop_counter import FlopCounterMode

from ssinfnet import networks
from ssinfnet.config import workflow
from ssinfnet.inference import runtime
from ssinfnet.pretraining.crops import uncut
from ssinfnet.pretraining.inpainting import Task
from ssinfnet.pretraining.loop import train_round
from ssinfnet.process import gpus
from ssinfnet.training import loop
from ssinfnet.training.data import SliceTensors
from ssinfnet.training.loop import SupervisedState
from ssinfnet.training.state import State
from ssinfnet.training.tasks import ClassTask, InfectionTask

ROOT = Path(__file__).parents[2]
CPU_BATCH = 4
PATIENTS_SLICES = 6654
"""Of iCTCF, by the paper's Table I."""


@pytest.fixture(scope="module")
def config():
    values = yaml.safe_load((ROOT / "config.yaml").read_text())
    update_config(values, yaml.safe_load((ROOT / "experiments/paper.yaml").read_text()))
    return workflow.parse(values)


def slices(count: int, size: int) -> SliceTensors:
    generator = torch.Generator().manual_seed(0)
    return SliceTensors(
        torch.randint(0, 256, (count, 1, size, size), dtype=torch.uint8, generator=generator),
        torch.randint(0, 3, (count, size, size), dtype=torch.uint8, generator=generator),
        torch.rand((count, 1, size, size), generator=generator),
    )


def resize(batch: SliceTensors, indices: torch.Tensor, epoch: int, size: int) -> SliceTensors:
    return batch.select(indices).map(lambda tensor: tensor[..., :1, :1].expand(*tensor.shape[:-2], size, size))


def one_epoch(section, task, batch, run):
    """A function that trains one batch at every scale; validation, on one slice, costs little."""
    network = run.place(networks.from_config(section.network, pretrained=False))
    training = section.training.model_copy(update={"batch_size": batch, "validate_every": 10**6})
    data = slices(batch, section.training.size)

    def step():
        state = SupervisedState()
        loop.train(network, task, data, data, training, resize, state, seed=0, until_epoch=1, runtime=run)

    return step, batch


def one_round(network_config, config, number, batch, run, *, priors):
    """A function that trains one batch of crops in a round of that number."""
    task = Task(config)
    network = run.place(task.add_heads(networks.from_config(network_config, pretrained=False)))
    run.place(task.make_coach())
    crops = slices(batch, config.crop).to(run.device)
    crops = uncut(SliceTensors(crops.images, priors=crops.priors if priors else None))

    def step():
        batches = lambda epoch: iter([crops])  # noqa: E731
        train_round(network, task, batches, State(), number=number, until_epoch=1, runtime=run)

    return step, batch


def measure(step, count):
    """Multiply-adds in GMAC and seconds per image."""
    with FlopCounterMode(display=False) as counter:
        step()
    start = time.perf_counter()
    step()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return counter.get_total_flops() / 2e9 / count, (time.perf_counter() - start) / count


@pytest.mark.slow
def test_hours_of_the_papers_protocol(config):
    gpu = gpus.available()
    run = runtime.start(int(gpu), 1 if gpu else torch.get_num_threads())
    rounds = list(enumerate(config.pretext.epochs()))
    epochs = {
        who: sum(n for number, n in rounds if config.pretext.phase(number) == who) for who in ("network", "coach")
    }
    training, runs = int(config.split.train), len(config.methods) * len(config.seeds)
    unlabelled = PATIENTS_SLICES if config.pretext.unlabelled and config.unlabelled.patients else 0
    with_task = [method.pretext for method in config.methods.values() if method.pretext != "none"]
    # The single network's task is shared by the methods that name it.
    pretrained = {
        name: len(seen) * len(config.seeds) for name, seen in {"single": set(with_task), "multi": with_task}.items()
    }
    stages = {}
    for name, task in (("single", InfectionTask()), ("multi", ClassTask())):
        section = getattr(config, name)
        for number, who in enumerate(("network", "coach")):
            batch = config.pretext.batch_size if gpu else CPU_BATCH
            work = one_round(section.network, config.pretext, number, batch, run, priors=name == "multi")
            count = training + (unlabelled if name == "single" else 0)
            stages[f"{name}: pretext, {who}"] = (pretrained[name], epochs[who], count, work)
        batch = section.training.batch_size if gpu else CPU_BATCH
        stages[f"{name}: fine-tuning"] = (runs, section.schedule.epochs, training, one_epoch(section, task, batch, run))

    print(f"\n{run.describe()}")
    head = f"{'stage':25} {'runs':>5} {'epochs':>7} {'slices':>7}"
    print(f"{head} {'GMAC/slice':>11} {'s/slice':>9} {'h/run':>8} {'h, all runs':>12}")
    total_hours = total_work = 0
    for name, (times, epochs_of_run, count, (step, size)) in stages.items():
        work, seconds = measure(step, size)
        hours = seconds * count * epochs_of_run / 3600
        total_hours += hours * times
        total_work += work * count * epochs_of_run * times
        row = f"{name:25} {times:5} {epochs_of_run:7} {count:7}"
        print(f"{row} {work:11.1f} {seconds:9.4f} {hours:8.1f} {hours * times:12.1f}")
    print(f"in all {total_hours:.0f} hours here, {total_work / 1e9:.1f} * 10^18 multiply-adds")
    assert total_hours > 0
