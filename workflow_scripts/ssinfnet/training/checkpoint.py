"""Checkpoints: weights for others as safetensors, training state for the next segment as a torch file."""

import io
import json
import sys
import textwrap
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ssinfnet.errors import InputError
from ssinfnet.files import atomic_path


def save_weights(path: str | Path, state: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    """Write tensors and metadata (strings) as safetensors, atomically; equal values give equal bytes."""
    # All metadata in one entry, as safetensors writes several in random order.
    metadata = {"ssinfnet": json.dumps(metadata, sort_keys=True)}
    state = {name: value.detach().cpu().contiguous() for name, value in state.items()}
    with atomic_path(path) as temporary:
        save_file(state, temporary, metadata=metadata)


def load_weights(path: str | Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file (none when it is not ours); raises `InputError` for anything else."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = json.loads((file.metadata() or {}).get("ssinfnet", "{}"))
            return {name: file.get_tensor(name) for name in file.keys()}, metadata  # noqa: SIM118
    except (OSError, SafetensorError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as safetensors ({error})") from None


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
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a broken file
        raise InputError(f"{path}: cannot be read as a training state ({type(error).__name__})") from None


def load_into(network: torch.nn.Module, path: str | Path) -> dict[str, str]:
    """Load all weights of `network` from a safetensors file; returns the metadata."""
    state, metadata = load_weights(path)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        reason = textwrap.shorten(str(error), 300)
        raise InputError(f"{path}: the weights do not fit the network of the config ({reason})") from None
    return metadata


def _canonical(value: Any) -> Any:
    """An equal value whose pickle depends on nothing else: pickle writes a string or list met before as a reference."""
    if isinstance(value, dict):
        return {_canonical(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return sys.intern(value) if isinstance(value, str) else value
