"""Commands start without torch's compiler and its shapes, who asks for them has them, and networks are the same."""

import os
import subprocess
import sys

import pytest
from workflow_copy import ROOT

START = "from ssinfnet.process import startup; startup.leave_out(); startup.search_less_for_garbage(); "
# An operator whose shape torch knows in Python alone.
SHAPE = "torch.fft.fft(torch.empty(4)).dtype == torch.complex64"
# A network for Inf-Net, trained for a step, and what it says of a picture.
TRAINED = """
import hashlib
from ssinfnet import networks
torch.manual_seed(0)
network = networks.create('infnet', backbone='{backbone}', weights='{weights}')
optimizer = torch.optim.Adam(network.parameters())
network(torch.rand(2, 3, 64, 64)).segmentation.sum().backward()
optimizer.step()
found = network.eval()(torch.rand(1, 3, 64, 64)).segmentation
tensors = [*network.state_dict().values(), found]
print(hashlib.sha256(b''.join(tensor.detach().numpy().tobytes() for tensor in tensors)).hexdigest())
"""


def run(code: str, start: str = START) -> str:
    """What a process of its own prints, with the library's folder in front."""
    command = [sys.executable, "-c", start + "import sys, torch; " + code]
    threads = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=ROOT / "workflow_scripts", env=threads, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_network_is_made_and_trained_without_the_compiler():
    assert (
        run(
            "from ssinfnet import networks; "
            "network = networks.create('infnet', backbone='resnet18'); "
            "optimizer = torch.optim.Adam(network.parameters(), fused=True); "
            "network(torch.zeros(2, 3, 64, 64)).segmentation.sum().backward(); "
            "optimizer.step(); optimizer.zero_grad(); "
            "print(*sorted(name for name in sys.modules if name.startswith(('torch._dynamo', 'torch._decomp'))))"
        )
        == "torch._dynamo torch._dynamo.utils"
    )


@pytest.mark.parametrize(("backbone", "weights"), [("tf_efficientnet_lite0", "imagenet"), ("resnet18", "none")])
def test_a_network_is_the_same_with_all_that_is_left_out(backbone, weights):
    code = "\n" + TRAINED.format(backbone=backbone, weights=weights)
    assert run(code) == run(code, start="")


@pytest.mark.parametrize(
    "code",
    [
        "import torch._dynamo, torch._dynamo.config as real",
        "import torch._dynamo; from torch._dynamo.utils import counters as real",
        "import torch._dynamo; f = torch.compile(torch.abs, backend='eager'); real = f(torch.ones(1)) == 1",
    ],
)
def test_who_asks_for_the_compiler_has_the_real_one(code):
    assert run(f"{code}; print(real is not None, sys.modules['torch._dynamo'].__file__)").endswith(
        "_dynamo/__init__.py"
    )


@pytest.mark.parametrize(
    "code",
    [
        f"with torch.device('meta'): print({SHAPE})",
        f"import torch._decomp\nwith torch.device('meta'): print({SHAPE})",
        f"import torch._dynamo.config\nwith torch.device('meta'): print({SHAPE})",
        "print(torch.compile(torch.fft.fft, backend='aot_eager')(torch.ones(1)).item() == 1)",
        "from torch._meta_registrations import meta_index_Tensor\nprint(callable(meta_index_Tensor))",
    ],
)
def test_who_works_on_shapes_has_the_real_ones(code):
    assert run("\n" + code) == "True"


def test_garbage_is_found_all_the_same():
    found = run(
        "import gc, weakref\nclass A: pass\na = A(); a.a = a; b = weakref.ref(a); del a\n"
        "waste = [[] for _ in range(20_000)]\nprint(b() is None, gc.isenabled())"
    )
    assert found == "True True"
