"""Commands that need no network import nothing of it, and none imports scikit-learn before it is used."""

import subprocess
import sys

import command_start

# These run, train or read networks, or change pictures as trainings do.
NETWORKS = {
    *("predict_classes", "predict_infection", "predict_pseudo_labels", "pretrain_multi", "pretrain_single"),
    *("train_groups", "train_multi", "train_single", "train_student", "score_listed_scans", "score_scans"),
    *("export_bundle", "import_infnet", "plot_augmentation", "plot_pretext", "tabulate_scans"),
}
REPORT = "print({command!r}, *[name for name in {names!r} if name in sys.modules])"


def loaded(commands, names) -> list[str]:
    """Of each command, one after the other in one process, a line: its name and those of `names` that are imported."""
    lines = ["import sys"]
    for command in commands:
        lines += [command_start.imports(command), REPORT.format(command=command, names=names)]
    run = [sys.executable, "-c", "\n".join(lines)]
    done = subprocess.run(run, cwd=command_start.SCRIPTS, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_commands_without_a_network_import_none():
    light = [command for command in command_start.COMMANDS if command not in NETWORKS]
    assert len(light) > 35 and set(command_start.COMMANDS) > NETWORKS
    assert loaded(light, ("torch", "timm", "torchvision", "sklearn", "scipy.stats", "highdicom")) == light


def test_networks_wait_for_timm_until_they_are_made():
    commands = sorted(NETWORKS)
    assert (
        loaded(commands, ("timm", "torchvision", "sklearn", "scipy.stats", "segmentation_models_pytorch")) == commands
    )
