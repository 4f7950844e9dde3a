"""A one-node SLURM with fake GPUs, started from the system's packages without systemd, cgroups or a database."""

import contextlib
import os
import pwd
import shutil
import socket
import stat
import subprocess
import time
from pathlib import Path

FOLDER = Path("/etc/slurm")
OURS = "# Written by tests/slurm, removed when they end."
DAEMONS = ("slurmctld", "slurmd", "munged")

SLURM_CONF = """{ours}
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
# Take the resources below as said: what the profile asks of a node is more than a laptop has.
SlurmdParameters=config_overrides
SlurmdUser=root
AuthType=auth/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
MpiDefault=none
ReturnToService=2
# Finished jobs stay visible to scontrol and squeue for this many seconds.
MinJobAge=3600
KillWait=5
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=256000 Gres=gpu:{gpus} State=UNKNOWN
PartitionName=test Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def why_not() -> str:
    """Why no cluster can be started here; empty where it can."""
    if missing := [name for name in DAEMONS if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")]:
        return f"{', '.join(missing)} not installed; on Debian and Ubuntu: apt install slurm-wlm munge"
    if os.geteuid():
        return "only root can start a SLURM of its own"
    if "SLURM_CONF" in os.environ:
        return f"SLURM_CONF names another SLURM: {os.environ['SLURM_CONF']}"
    for name in ("slurm.conf", "gres.conf"):
        file = FOLDER / name
        if file.exists() and not file.read_text().startswith(OURS):
            return f"{file} belongs to a SLURM that is not the tests' own"
    return ""


@contextlib.contextmanager
def start(folder: Path, gpus: int):
    """Run munged where none runs, slurmctld and slurmd; stops them at the end. Their files lie in `folder`."""
    cards = [folder / f"fakegpu{number}" for number in range(gpus)]
    for card in cards:
        os.mknod(card, 0o600 | stat.S_IFCHR, os.makedev(1, 3))  # another /dev/null; SLURM numbers cards by their device
    (folder / "state").mkdir()
    (folder / "spool").mkdir()
    conf = SLURM_CONF.format(
        ours=OURS,
        folder=folder,
        host=socket.gethostname().split(".")[0],
        controller_port=_free_port(),
        node_port=_free_port(),
        cpus=os.cpu_count(),
        gpus=gpus,
    )
    gres = "\n".join([OURS, *(f"Name=gpu File={card}" for card in cards), ""])
    FOLDER.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        for name, text in (("slurm.conf", conf), ("gres.conf", gres)):
            stack.callback((FOLDER / name).unlink, missing_ok=True)
            (FOLDER / name).write_text(text)
        if subprocess.run(["munge", "-n"], capture_output=True).returncode:
            _munged(stack)
        for daemon in ("slurmctld", "slurmd"):
            stack.enter_context(_daemon([daemon, "-D"], folder / f"{daemon}.out"))
        _wait("the node", _node_is_idle, folder)
        stack.callback(_empty_the_queue)
        yield


def _empty_the_queue() -> None:
    """Cancel what a failed test left behind, while there is a slurmd that can end it."""
    subprocess.run(["scancel", "--user=root"], capture_output=True)
    _wait("the empty queue", lambda: not _ask("squeue", "-h") and _node_is_idle())


def _node_is_idle() -> bool:
    return _ask("sinfo", "-h", "-o", "%T") == "idle"


def _ask(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def _munged(stack):
    owner = pwd.getpwnam("munge")
    for place in ("/run/munge", "/var/log/munge", "/var/lib/munge"):
        Path(place).mkdir(mode=0o755, exist_ok=True)
        os.chown(place, owner.pw_uid, owner.pw_gid)
    stack.enter_context(_daemon(["munged", "--foreground"], Path(os.devnull), user="munge"))
    _wait("munged", lambda: not subprocess.run(["munge", "-n"], capture_output=True).returncode)


@contextlib.contextmanager
def _daemon(command, output, user=None):
    program = shutil.which(command[0], path=f"{os.environ['PATH']}:/usr/sbin")
    with output.open("w") as out:
        process = subprocess.Popen([program, *command[1:]], stdout=out, stderr=subprocess.STDOUT, user=user)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(what, ready, folder=None, seconds=60):
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            logs = "".join(file.read_text()[-2000:] for file in sorted(folder.glob("*.log"))) if folder else ""
            raise TimeoutError(f"{what} did not come up in {seconds} s\n{logs}")
        time.sleep(0.5)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
