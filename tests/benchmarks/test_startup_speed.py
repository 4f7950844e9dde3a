"""How long each command takes to start: CPU seconds of its imports, and of the network where it makes one.

`pytest tests/benchmarks/test_startup_speed.py -m slow -s` prints the heavy modules too. The least of three starts
counts. The baseline is a start that neither leaves out torch's compiler nor searches less for garbage.
"""

import os
import resource
import subprocess
import sys

import command_start
import pytest

HEAVY = (
    *("torch", "timm", "torchvision", "pandas", "scipy", "skimage", "sklearn", "matplotlib", "pydicom", "highdicom"),
    *("nibabel", "snakemake", "h5py", "cv2"),
)
MAKE_NETWORK = ("predict_", "pretrain_", "train_", "score_listed", "score_scans", "plot_pretext")
START = "from ssinfnet.process import startup; startup.search_less_for_garbage(); startup.leave_compiler_out()"
NETWORK = "from ssinfnet import networks; networks.create('infnet', backbone='tf_efficientnet_lite0')"


def start(code):
    """CPU seconds of a process that runs `code`, and what it prints."""
    command = [sys.executable, "-c", code]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, cwd=command_start.SCRIPTS, env=environment, capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout.strip()


@pytest.mark.slow
def test_start_of_each_command(bench):
    print(f"\n{'command':24} {'CPU seconds':>11}  heavy modules")
    for command in command_start.COMMANDS:
        network = NETWORK if command.startswith(MAKE_NETWORK) else ""
        heavy = f"import sys; print(*[name for name in {HEAVY!r} if name in sys.modules])"
        code = "\n".join([command_start.imports(command), network, heavy])
        pairs = [(start(f"{START}\n{code}"), start(code)) for _ in range(3)]
        seconds, modules = min(ours for ours, _ in pairs)
        ratios = [plain[0] / ours[0] for ours, plain in pairs]
        print(f"{command:24} {seconds:11.2f}  {modules}")
        bench.record(f"start of {command}", seconds, item="start", baseline="plain start", ratios=ratios)
