"""What a file is that should hold a network's weights, in words: for the message when it cannot be read."""

import json
import pickletools
import zipfile
from pathlib import Path
from typing import Literal

from ssinfnet.files import untrusted

_LFS = b"version https://git-lfs"
_TORCH_MAGIC = 0x1950A86A20F9469CFC6C  # the first pickle of files that PyTorch wrote before 1.6
_PICKLE = b"\x80"
_PICKLED = "data.pkl"  # in archives of PyTorch
_MAX_PICKLE = 16 * untrusted.MIB


def describe(path: str | Path, wanted: Literal["PyTorch", "safetensors"]) -> str:
    """What `path`, which cannot be read as `wanted`, is and what to do; nothing of it is unpickled.

    Knows what people have in place of weights: nothing, a web page, a pointer of Git LFS, a download that broke off, an
    archive around the file, weights of another program, and networks that were pickled whole.
    """
    path = Path(path)
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(untrusted.HEAD)
    known = untrusted.recognise(head)
    if not size:
        return "the file is empty; download it again"
    if known == "a web page":
        return "it is a web page, which the server sent in place of the file; download the file itself"
    if head.startswith(_LFS):
        return "it is a pointer of Git LFS, not the file; get that with: git lfs pull"
    if head.startswith(b"PK"):
        return _describe_zip(path, size, wanted)
    if _is_safetensors(head):
        if size < _safetensors_size(path):
            return f"it is a safetensors file that is cut off after {size:,} bytes; download it again"
        if wanted == "safetensors":
            return "it is a safetensors file that is damaged; download or write it again"
        return "it is a safetensors file, not one of PyTorch"
    if head.startswith(_PICKLE):
        return _describe_pickle(path, wanted)
    if known:
        return f"it is {known}, not weights"
    return "it is damaged, or of another format"


def _is_safetensors(head: bytes) -> bool:
    return len(head) > 8 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 100 * untrusted.MIB


def _safetensors_size(path: Path) -> int:
    """The bytes that the file should have by its own header, as far as that is there."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = file.read(length)
    try:
        ends = [entry["data_offsets"][1] for name, entry in json.loads(header).items() if name != "__metadata__"]
        return 8 + length + max(ends, default=0)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return 8 + length


def is_torch_zip(path: str | Path) -> bool:
    """Whether a file is a zip archive as PyTorch writes it since 1.6."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith(_PICKLED) for name in archive.namelist())
    except Exception:  # zipfile raises many kinds for a broken archive
        return False


def _describe_zip(path: Path, size: int, wanted: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            pickles = [name for name in names if name.endswith(_PICKLED)]
            if pickles and archive.getinfo(pickles[0]).file_size <= _MAX_PICKLE:
                return _of_classes(_classes(archive.read(pickles[0])), wanted)
    except Exception:  # zipfile raises many kinds for a broken archive
        return f"it is a PyTorch file or a zip archive that is cut off or damaged ({size:,} bytes); download it again"
    inside = [name for name in names if name.lower().endswith((".pth", ".pt", ".ckpt", ".safetensors", ".bin"))]
    if inside:
        return f"it is a zip archive; unpack it and give the file that it holds ({inside[0]})"
    if any(name.endswith(".npy") for name in names):
        return "it is an archive of NumPy arrays, not weights"
    return "it is a zip archive without a file of PyTorch in it"


def _describe_pickle(path: Path, wanted: str) -> str:
    with path.open("rb") as file:
        content = file.read(_MAX_PICKLE)
    try:
        first = next(
            (value for code, value, _ in pickletools.genops(content[:64]) if code.name.startswith("LONG")), None
        )
    except ValueError:
        first = None
    if first == _TORCH_MAGIC:
        return _of_classes(_classes(content), wanted)
    return f"it is a pickle of Python objects, not of PyTorch; {_STATE_DICT}"


_STATE_DICT = (
    "nothing is unpickled, as that could run any code: load it where you trust it and save its "
    "state dict, torch.save(network.state_dict(), FILE)"
)


def _of_classes(names: list[str], wanted: str) -> str:
    """The sentence on a file of PyTorch, by the classes that it names."""
    foreign = list(filter(_is_foreign, names))
    if not foreign and wanted == "PyTorch":
        return "it is a PyTorch file that is cut off or damaged; download it again"
    if not foreign:
        return "it is a state dict of PyTorch; save it as safetensors (of a published Inf-Net: import_infnet.py does)"
    network = next((name for name in foreign if not name.startswith(_PYTHON)), foreign[0])
    return f"it holds Python objects besides tensors, perhaps a whole pickled network ({network}); {_STATE_DICT}"


_PYTHON = ("builtins.", "__builtin__.", "copyreg.", "copy_reg.", "torch._")


def _is_foreign(name: str) -> bool:
    """Whether a class is none of those that a state dict needs."""
    return not name.startswith(("torch._utils.", "torch.Size", "torch.serialization", "collections.")) and not (
        name.startswith("torch.") and name.endswith("Storage")
    )


def _classes(content: bytes) -> list[str]:
    """The classes and functions that the pickles at the start of `content` name, in order; none is imported."""
    names, texts, place = [], [], 0
    while content[place : place + 1] == _PICKLE:
        try:
            for code, value, position in pickletools.genops(content[place:]):
                if code.name == "GLOBAL":
                    names.append(str(value).replace(" ", "."))
                elif "UNICODE" in code.name:
                    texts.append(str(value))
                elif code.name == "STACK_GLOBAL" and len(texts) > 1:
                    names.append(".".join(texts[-2:]))
                elif code.name == "STOP":
                    place += position + 1
        except ValueError:
            break
    return names
