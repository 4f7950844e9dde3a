"""Where a training stands between two segments: all that the next one needs besides weights and config."""

import io
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import torch

from ssinfnet.errors import InputError
from ssinfnet.files import archives
from ssinfnet.files.atomic import atomic_path


@dataclass
class State:
    """After `epoch` epochs: the optimiser's state (None before the first) and a `history` with a row per epoch."""

    epoch: int = 0
    optimizer: dict[str, Any] | None = None
    history: list[dict[str, float]] = field(default_factory=list)


def save_state(path: str | Path, state: dict[str, Any]) -> None:
    """Write a training state of tensors and plain values, atomically; equal states give equal bytes."""
    # Through memory, as torch.save writes the name of the file into it and the temporary name is random.
    buffer = io.BytesIO()
    torch.save(_canonical(state), buffer)
    with atomic_path(path) as temporary:
        temporary.write_bytes(buffer.getbuffer())


def load_state(path: str | Path) -> dict[str, Any]:
    """A training state; nothing but tensors and plain values is ever unpickled."""
    try:
        # torch stores without compression, so a file that unpacks to more than its size was made to do harm.
        archives.inspect(path, max_ratio=1)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except InputError:
        raise
    except Exception as error:  # torch raises many kinds for a broken file
        raise InputError(f"{path}: cannot be read as a training state ({type(error).__name__})") from None
    if not isinstance(state, dict):
        raise InputError(f"{path}: holds {type(state).__name__}, not a training state")
    return state


def _canonical(value: Any) -> Any:
    """An equal value whose pickle depends on nothing else: pickle writes a string or list met before as a reference."""
    if isinstance(value, dict):
        return {_canonical(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return sys.intern(value) if isinstance(value, str) else value


Kind = TypeVar("Kind", bound=State)


def make_state(kind: type[Kind], saved: dict[str, Any], path: Path) -> Kind:
    """The state of a training that `path` holds; raises `InputError` when its parts are those of something else."""
    try:
        state = kind(**saved)
    except TypeError:
        raise InputError(f"{path}: not a training state of this kind; train the segment before again") from None
    if type(state.epoch) is not int or not isinstance(state.history, list):
        raise InputError(f"{path}: damaged training state; train the segment before again")
    return state
