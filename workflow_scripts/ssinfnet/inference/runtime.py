"""Where a network runs: device, precision and threads, chosen once at the start of a command and recorded."""

import contextlib
from dataclasses import dataclass
from typing import Any

import torch

from ssinfnet.errors import InputError
from ssinfnet.process import gpus as cards
from ssinfnet.process import memory


@dataclass(frozen=True)
class Runtime:
    """Device ("cpu" or "cuda"), precision ("float32" or "bfloat16") and CPU threads of a process."""

    device: str
    precision: str
    threads: int

    def autocast(self) -> contextlib.AbstractContextManager:
        """The context in which a network's forward pass runs."""
        if self.precision == "float32":
            return contextlib.nullcontext()
        return torch.autocast(self.device, dtype=getattr(torch, self.precision))

    def place(self, network: torch.nn.Module) -> torch.nn.Module:
        """The network on the device, in channels_last: faster for convolutions on CPU and GPU alike."""
        return network.to(self.device, memory_format=torch.channels_last)

    def describe(self) -> dict[str, str]:
        """What a checkpoint's metadata say about the run; CPU results repeat only with equal values."""
        device = torch.cuda.get_device_name() if self.device == "cuda" else "cpu"
        return {
            "device": device,
            "precision": self.precision,
            "threads": str(self.threads),
            "torch": torch.__version__,
        }


def start(gpus: int, threads: int) -> Runtime:
    """Keep freed memory, set the threads and choose the device; raises `InputError` for a GPU that is not there.

    A GPU is one that no other job has taken, waited for if need be (`process.gpus`). Networks run in bfloat16 where a
    GPU has it, else in float32; the CPU always computes in float32.
    """
    memory.keep_pages()
    torch.set_num_threads(threads)
    if not gpus:
        return Runtime("cpu", "float32", threads)
    card = cards.claim()
    if not torch.cuda.is_available():
        raise InputError(
            f"PyTorch cannot use the GPU {card}: its build is for the CPU, or the driver does not fit;"
            " use --resources gpu=0 to run on the CPU"
        )
    return Runtime("cuda", "bfloat16" if torch.cuda.is_bf16_supported() else "float32", threads)


def to_float(outputs: Any) -> Any:
    """Network outputs, a tensor or a named tuple of them, in float32 for losses and metrics."""
    if isinstance(outputs, torch.Tensor):
        return outputs.float()
    return type(outputs)(*(output.float() for output in outputs))
