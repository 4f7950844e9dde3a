"""What a file is in place of weights: said in words, for every way in which people come by a wrong one."""

import io
import pickle
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save

import import_infnet
from ssinfnet.errors import InputError
from ssinfnet.files.tensor_file import describe
from ssinfnet.inference.weights import load_weights

TENSORS = {"conv.weight": torch.zeros(64, 64)}
NETWORK = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1))


def saved(value, *, new=True):
    stream = io.BytesIO()
    torch.save(value, stream, _use_new_zipfile_serialization=new)
    return stream.getvalue()


def zipped(**files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return stream.getvalue()


def arrays():
    stream = io.BytesIO()
    np.savez(stream, a=np.zeros(3))
    return stream.getvalue()


WRONG = {
    "nothing": (b"", "is empty"),
    "a web page": (b"\n<!DOCTYPE html><html>Quota exceeded</html>", "web page"),
    "an error of a cloud": (b'<?xml version="1.0"?><Error>NoSuchKey</Error>', "web page"),
    "a pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"),
    "half a zip": (saved(TENSORS)[:9000], "cut off or damaged"),
    "a zip of three bytes": (b"PK\x03\x04", "cut off or damaged"),
    "half an old file": (saved(TENSORS, new=False)[:9000], "cut off or damaged"),
    "a whole network": (saved(NETWORK), "whole pickled network (torch.nn.modules.container.Sequential)"),
    "a whole network, old": (saved(NETWORK, new=False), "whole pickled network"),
    "a plain pickle": (pickle.dumps({"weights": [1, 2]}), "a pickle of Python objects"),
    "a zip of the file": (zipped(infnet__pth=saved(TENSORS)), "unpack it and give the file that it holds (infnet.pth)"),
    "a zip of others": (zipped(readme__txt=b"see the paper"), "without a file of PyTorch"),
    "arrays": (arrays(), "NumPy"),
    "half a safetensors": (save(TENSORS)[:500], "safetensors file that is cut off"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(600), "it is HDF5"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(600), "a picture"),
    "noise": (np.random.default_rng(0).bytes(5000), "damaged, or of another format"),
}


@pytest.mark.parametrize(("content", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_said_to_be_what_it_is(tmp_path, content, said):
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    assert said in describe(path, "PyTorch")
    with pytest.raises(InputError) as imported:
        import_infnet.main(["--checkpoint", str(path), "--out", str(tmp_path / "out.safetensors")])
    with pytest.raises(InputError) as loaded:
        load_weights(path)
    for error in (imported, loaded):
        assert str(path) in str(error.value)
        assert "\n" not in str(error.value)
    assert said in str(imported.value)


def test_each_of_both_formats_given_as_the_other_is_named(tmp_path):
    torch_file, safetensors_file = tmp_path / "a", tmp_path / "b"
    torch_file.write_bytes(saved(TENSORS))
    safetensors_file.write_bytes(save(TENSORS))
    with pytest.raises(
        InputError, match=r"a: cannot be read as safetensors: it is a state dict of PyTorch; save it as"
    ):
        load_weights(torch_file)
    with pytest.raises(
        InputError, match="b: cannot be read as a PyTorch state dict: it is a safetensors file, not one"
    ):
        import_infnet.main(["--checkpoint", str(safetensors_file), "--out", str(tmp_path / "out")])
