"""The commands of self-training on small slices, as tests call them."""

import json

import predict_pseudo_labels
import screen_unlabelled

TRAINING = {"size": 64, "scales": [64], "batch_size": 4, "learning_rate": 1e-3}
NETWORK = {"backbone": "test_resnet", "weights": "none"}
AUGMENTATION = {"horizontal_flip": 0.5, "crop": 0.8, "rotations": [0, 90]}
CONFIG = {"single": {"network": NETWORK, "training": TRAINING}, "augmentation": AUGMENTATION}


def train(command, labelled, folder, epoch, resume=None, **more):
    """Run a training segment; returns the prefix of its files."""
    out = folder / f"epoch{epoch}"
    argv = ["--config-json", json.dumps(CONFIG), "--seed", "0", "--until-epoch", str(epoch)]
    argv += ["--slices", str(labelled["slices"]), "--split", str(labelled["split"])]
    if resume:
        argv += ["--resume", f"{resume}.pt", "--best", f"{resume}.safetensors"]
    for name, value in more.items():
        argv += [f"--{name.replace('_', '-')}", str(value)]
    command.main(
        [*argv, "--out-state", f"{out}.pt", "--out-weights", f"{out}.safetensors", "--out-epochs", f"{out}.csv"]
    )
    return out


def mark(labelled, unlabelled, teacher, out, window="keep", **self_training):
    """Screen the unlabelled slices and let the teacher mark them; returns the store."""
    stores = ["--unlabelled", *map(str, unlabelled)]
    screened = str(out.with_suffix(".csv"))
    parts = ["--slices", str(labelled["slices"]), "--split", str(labelled["split"])]
    screen_unlabelled.main([*stores, *parts, "--out", screened])
    config = CONFIG | {"self_training": self_training, "unlabelled": {"window": window}}
    argv = ["--config-json", json.dumps(config), "--weights", f"{teacher}.safetensors", "--screened", screened]
    predict_pseudo_labels.main([*argv, *stores, *parts, "--out", str(out)])
    return out
