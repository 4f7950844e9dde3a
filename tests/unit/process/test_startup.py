"""Commands start without torch's compiler, and who asks for it has it; garbage is searched for less often."""

import subprocess
import sys

import pytest
from workflow_copy import ROOT

START = "from ssinfnet.process import startup; startup.leave_compiler_out(); import sys, torch; "


def run(code: str) -> str:
    """What a process of its own prints, with the library's folder in front."""
    command = [sys.executable, "-c", START + code]
    done = subprocess.run(command, cwd=ROOT / "workflow_scripts", capture_output=True, text=True, check=False)
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
            "print(sorted(name for name in sys.modules if name.startswith('torch._dynamo')))"
        )
        == "['torch._dynamo', 'torch._dynamo.utils']"
    )


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


def test_garbage_is_found_all_the_same():
    found = run(
        "import gc, weakref; startup.search_less_for_garbage()\nclass A: pass\n"
        "a = A(); a.a = a; b = weakref.ref(a); del a\n"
        "waste = [[] for _ in range(20_000)]\nprint(b() is None, gc.isenabled())"
    )
    assert found == "True True"
