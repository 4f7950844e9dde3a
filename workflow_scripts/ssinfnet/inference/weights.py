"""Checkpoints: weights for others as safetensors, training state for the next segment as a torch file."""

import json
import textwrap
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from ssinfnet.errors import InputError
from ssinfnet.files import untrusted
from ssinfnet.files.atomic import atomic_path
from ssinfnet.files.tensor_file import describe


def save_weights(path: str | Path, state: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    """Write tensors and metadata (strings) as safetensors, atomically; equal values give equal bytes."""
    # All metadata in one entry, as safetensors writes several in random order.
    metadata = {"ssinfnet": json.dumps(metadata, sort_keys=True)}
    state = {name: value.detach().cpu().contiguous() for name, value in state.items()}
    with atomic_path(path) as temporary:
        save_file(state, temporary, metadata=metadata)


def load_weights(path: str | Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file (none when it is not ours).

    Raises `InputError` for anything else, and for values that are NaN or infinite.
    """
    untrusted.check(path)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = json.loads((file.metadata() or {}).get("ssinfnet", "{}"))
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        wrong = next((name for name, value in state.items() if not value.isfinite().all()), None)
    except Exception:  # the parsers of header, metadata and tensors raise many kinds for a broken file
        raise InputError(f"{path}: cannot be read as safetensors: {describe(path, 'safetensors')}") from None
    if wrong is not None:
        raise InputError(f"{path}: {wrong} holds NaN or infinite values; train it again")
    if not isinstance(metadata, dict):
        raise InputError(f"{path}: its metadata are not those of a training; train it again")
    return state, metadata


def load_into(network: torch.nn.Module, path: str | Path) -> dict[str, str]:
    """Load all weights of `network` from a safetensors file; returns the metadata."""
    state, metadata = load_weights(path)
    assign(network, state, path, origin=metadata.get("network", ""))
    return metadata


def assign(network: torch.nn.Module, state: Any, path: str | Path, *, origin: str = "") -> None:
    """Load `state`, which comes from `path`, as all weights of `network`; `InputError` when they are not its own.

    `origin` says of which network they are, for the message.
    """
    try:
        network.load_state_dict(state)
    except (RuntimeError, TypeError, AttributeError) as error:
        reason = _mismatch(network.state_dict(), state) or textwrap.shorten(str(error), 300)
        theirs = f"; they are of {origin}" if origin else ""
        raise InputError(f"{path}: the weights do not fit the network of the config ({reason}{theirs})") from None


def _mismatch(own: dict[str, torch.Tensor], state: Any) -> str:
    """How many tensors differ, in words, with the first of each kind; empty for what is no state dict."""
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        return ""
    kinds = {
        "missing": [name for name in own if name not in state],
        "unknown": [name for name in state if name not in own],
        "of another shape": [name for name in own if name in state and state[name].shape != own[name].shape],
    }
    return ", ".join(f"{len(names)} of {len(own)} {kind}: {names[0]} ..." for kind, names in kinds.items() if names)
