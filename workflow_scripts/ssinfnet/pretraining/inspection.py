"""What a pretext task learned, round by round, on slices that it has not seen; of inpainting see `masks`."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch

from ssinfnet import networks
from ssinfnet.config.network import Network
from ssinfnet.config.pretext import Pretext
from ssinfnet.inference.runtime import Runtime, to_float
from ssinfnet.inference.weights import load_into
from ssinfnet.pretraining.crops import held_out
from ssinfnet.pretraining.task import Restored, Told, make_task
from ssinfnet.training.data import SliceTensors


class Seen(NamedTuple):
    """What a task shows after a round."""

    title: str
    shown: Restored | Told


def inspect(
    slices: SliceTensors,
    rounds: Sequence[Path],
    network_config: Network,
    config: Pretext,
    runtime: Runtime,
) -> tuple[pd.DataFrame, list[Seen]]:
    """Measure the weights of all `rounds`, in order, on a crop of each of `slices`, and the same crops each time.

    The table has a row per round: `round`, `phase`, and what the task measures. The pictures are of each round whose
    task shows any.
    """
    task = make_task(config)
    network = task.add_heads(networks.from_config(network_config, pretrained=False))
    network = runtime.place(network).eval()
    asked = task.held_out(held_out(task.prepare(slices).to(runtime.device), config))
    rows, pictures = [], []
    for number, path in enumerate(rounds):
        load_into(network, path)
        with torch.no_grad(), runtime.autocast():
            outputs = to_float(task.predict(network, asked.inputs))
        measures = task.measure(network, outputs, asked)
        rows.append(
            {
                "round": number,
                "phase": config.phase(number),
                **{name: value.item() for name, value in measures.items()},
            }
        )
        shown = task.show(outputs, asked)
        if shown is not None:
            pictures.append(Seen(f"round {number}", shown))
    return pd.DataFrame(rows), pictures
