"""Helper functions of the rules: parameters, code, data; and the imports of all of them."""

import ast
import functools
import hashlib
import itertools
import json
import os
import re
import shlex
import sys
from pathlib import Path

from ssinfnet import networks, pretraining
from ssinfnet.config import workflow as config_model
from ssinfnet.config.pretext_tasks import KINDS
from ssinfnet.errors import InputError
from ssinfnet.files import folder_content
from ssinfnet.files.atomic import remove_temporaries
from ssinfnet.files.writable import require_writable
from ssinfnet.process import gpus, lifeline, memory, startup, workflow_lock

# Planning makes millions of objects, of which few are garbage: a tenth of its time went into looking for it.
startup.search_less_for_garbage(50_000)
# Jobs call `python`: it is the one that runs Snakemake, unless a conda environment puts its own in front.
os.environ.update(PATH=os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()]))
memory.ask_for_large_pages()
# A job ends with this process.
os.environ[lifeline.VARIABLE] = str(os.getpid())
# In somebody else's workflow their files are locked as well, and `onstart` below does not run.
if workflow.is_main_process and not AS_MODULE:
    workflow_lock.join()

VALUES = config
if workflow.modifier.skip_configfile:  # the `config:` of a module; it says what differs from the defaults
    VALUES = load_configfile(DEFAULTS)
    update_config(VALUES, config)
try:
    CONFIG = config_model.parse(VALUES)
    require_writable(CONFIG.results_dir, "results_dir")
    if not Path(CONFIG.data_dir).is_dir():  # one that is there may be shared, and then only read
        require_writable(CONFIG.data_dir, "data_dir")
except InputError as error:
    sys.exit(f"error: {error}")

D = CONFIG.data_dir
R = CONFIG.results_dir
RUN = f"{R}/{{method}}/seed{{seed}}"
# A pretext task of the single network is trained once, for all methods that start from it with the same network.
SHARED = f"{R}/pretext/{{task}}/seed{{seed}}/single"


def of_seed(path):
    """A path below which what follows from the split alone lies: with test folds each seed has a split of its own."""
    return f"{path}/seed{{seed}}" if CONFIG.split.folds else path


SPLIT = of_seed(f"{R}/split")

# A machine without a GPU runs the same rules on the CPU, unless --resources or a profile gave a number of GPUs: then the
# jobs ask for what is not there and fail. Without a number, one job at a time has a GPU.
GPU = int(gpus.available() or "gpu" in workflow.global_resources)
if "gpu" not in workflow.global_resources:
    workflow.register_resource("gpu", 1)


wildcard_constraints:
    method="|".join(CONFIG.methods),
    task=rf"(?:{'|'.join(CONFIG.pretext.tasks())})(?:-\w+-[0-9a-f]+)?",  # see pretext_run
    seed=r"\d+",
    fold=r"all|fold\d+",
    epoch=r"\d+",
    round=r"\d+",
    group=r"\d+",
    part="train|validation|test",
    prior="predicted|oracle",
    shard=r"\d+",


def let_states_go(dag):
    """Mark as temporary the training states that `keep_states` does not keep; Snakemake removes each after its last use.

    A `temp()` in a rule would hold for all its states. But the last one of a training stays, and which that is the plan
    tells: no further job of the rule, a segment or a round, follows on it.
    """
    keep = CONFIG.keep_states
    for job in dag.jobs:
        state = job.output.get("state")
        goes_on = any(after.rule == job.rule for after in dag.depending[job])
        if state and (keep == "none" or (keep == "last" and goes_on)):
            state.flags["temp"] = True


onstart:
    if workflow.local_exec:
        # A limit of jobs per second makes the scheduler look at the files of all ready jobs once a second more after
        # each pass, which comes to a tenth of a core over a run. It is for submissions to a cluster.
        workflow.scheduler.job_rate_limiter = None
    else:
        workflow_lock.jobs_run_elsewhere()
    # What killed jobs left half-written. The data may be shared with another folder, in which a run is alive.
    if workflow_lock.is_alone():
        remove_temporaries(R)
        remove_temporaries(D, hours=24)
    let_states_go(workflow.dag)


# --- parameters and code ------------------------------------------------------------------------------------------


def sections(**parts):
    """The one param of a rule: canonical JSON of the config that its stage reads."""
    text = json.dumps({name: without(part) for name, part in parts.items()}, sort_keys=True)
    # Braces within the config's texts are written by their codes, as Snakemake would take them for wildcards.
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda match: match[0].replace("{", r"\u007b").replace("}", r"\u007d"), text)


def without(section, *keys):
    """A section as plain values, without the keys that shape the DAG but not the job."""
    return section if isinstance(section, dict) else section.model_dump(mode="json", exclude=set(keys))


def only(section, *keys):
    """A section as plain values, with these keys alone."""
    return section.model_dump(mode="json", include=set(keys))


def network_of(stage, method):
    """The network of a method's stage, `single` or `multi`."""
    return getattr(CONFIG, f"{stage}_network")(method)


def stage_of(stage, method):
    """Section `single` or `multi` as plain values, with the network of a method, without what shapes the DAG."""
    return {**without(getattr(CONFIG, stage), "schedule"), "network": without(network_of(stage, method))}


def own_networks():
    """The networks that methods have instead of a section's, by name, which decides about batches too; by section."""
    found = {}
    for stage in STAGES:
        names = dict.fromkeys(network_of(stage, name).name for name in TRAINED_HERE)
        found[stage] = [{"name": name} for name in names if name != getattr(CONFIG, stage).network.name]
    return {"networks": found} if any(found.values()) else {}


def batches(stage):
    """What decides about the batches of a training."""
    return {
        "network": only(stage.network, "name"),
        "training": only(stage.training, "batch_size", "scales"),
    }


def batches_of_tasks():
    """What decides about the batches of the pretext tasks."""
    keys = ("batch_size", "size", "crop")
    variants = {name: only(task, *keys) for name, task in CONFIG.pretext.variants.items() if name in TASKS}
    return {**only(CONFIG.pretext, *keys), **({"variants": variants} if variants else {})}


# What lives here keeps processes in order and changes no result, which a test holds; so an edit of it re-runs nothing.
NO_RESULT = SCRIPTS / "ssinfnet/process"


@functools.cache
def code(script, *names):
    """The files of a command: its script, and what that imports, directly or not, with what it imports by these names.

    The script is the first, so that `{input.code[0]}` calls it wherever it lies.
    """
    by_name = {**networks.MODULES, **pretraining.AREAS, **{kind: pretraining.module(kind) for kind in KINDS}}
    modules = [by_name[name].replace(".", "/") for name in names if name in by_name]
    waiting = [script_file(name) for name in (script, *modules)]
    found = set()
    while waiting:
        path = waiting.pop()
        if path not in found and not path.is_relative_to(NO_RESULT):
            found.add(path)
            waiting.extend(imports(path))
    return sorted(map(str, found), key=lambda file: (file != str(script_file(script)), file))


def network_code(script, *stages):
    """Input function: the files of a command, and of the networks of the job's method."""
    return lambda wildcards: code(script, *(network_of(stage, wildcards.method).name for stage in stages))


def script_file(name):
    return SCRIPTS / f"{name}.py"


@functools.cache
def imports(path):
    """The library's files that a file imports, those of the packages on the way included."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    result = set()
    for name in names:
        parts = name.split(".")
        if parts[0] != "ssinfnet":
            continue
        for length in range(1, len(parts) + 1):
            place = SCRIPTS.joinpath(*parts[:length])
            for file in (place.with_suffix(".py"), place / "__init__.py"):
                if file.exists():
                    result.add(file)
    return result


# Of the figures: the summary page and the report read the same files. Relative to the file of a rule.
CAPTIONS = "../workflow_scripts/ssinfnet/report/templates/captions"

# --- data ---------------------------------------------------------------------------------------------------------


@functools.cache
def content(folder):
    """What a user's folder holds, as one value: a changed, new or missing file runs again what reads the folder."""
    name = hashlib.sha256(folder.encode(errors="surrogateescape")).hexdigest()[:16]
    cache = f".snakemake/folders/{name}.json"
    try:
        return folder_content.describe(folder, cache, leave_out=(R, D), keep=workflow.is_main_process)
    except InputError as error:
        sys.exit(f"error: {error}")


def tracked(folder):
    """Params function: the content of a folder, if there is one to read; asked for once, at the start."""
    if folder and workflow.is_main_process:
        content(folder)
    return lambda wildcards: content(folder) if folder else ""


def predictions(maps):
    """Params function: the folder of these predictions of a job's method and seed."""
    return lambda wildcards, input=None: getattr(CONFIG.methods[wildcards.method].external, maps).replace(
        "{seed}", wildcards.seed
    )


def content_of(maps):
    """Params function: what that folder holds."""
    return lambda wildcards: content(predictions(maps)(wildcards))


def given(path):
    """A single file of the user's as an input, or none."""
    if path and set(path) & set("{}<>"):
        sys.exit(f"error: {path}: Snakemake takes braces in the name of a file for wildcards; rename it")
    return [path] if path else []


def unlabelled_stores():
    """The stores of unlabelled slices that the config names, whoever asks for them."""
    return [f"{R}/slices/{name}.h5" for name in CONFIG.unlabelled_sources()]


def unlabelled_slices(wildcards):
    """Input function: the stores of unlabelled slices and the table that says which are usable, for a task that asks for them."""
    if not CONFIG.pretext.tasks()[task_of(wildcards)].unlabelled:
        return {}
    return {"unlabelled": unlabelled_stores(), "screened": f"{SPLIT}/unlabelled.csv".format(**wildcards)}


def labelled_slices():
    """The slice store of the configured source."""
    return f"{R}/slices/{'folder' if CONFIG.labelled.source == 'folder' else 'medseg'}.h5"


def splits(pattern):
    """A file that follows from the split alone, of each split: one, or with test folds one for each seed."""
    return list(dict.fromkeys(pattern.format(seed=seed) for seed in CONFIG.seeds))


def first_split(pattern):
    """The same of the seed that is shown where one is."""
    return pattern.format(seed=min(CONFIG.seeds))


def medseg_dir():
    return f"{D}/phantom/medseg" if CONFIG.labelled.source == "phantom" else f"{D}/medseg"


def patients_manifest():
    return f"{D}/phantom/ictcf/manifest.csv" if CONFIG.patients.source == "phantom" else f"{D}/ictcf/manifest.csv"


def patients_table():
    """The clinical table: the phantom's, the user's (who may have none), or the one that is downloaded."""
    if CONFIG.patients.source == "phantom":
        return f"{D}/phantom/ictcf/Patients.xlsx"
    if CONFIG.patients.source == "folder":
        return given(CONFIG.patients.table)
    return given(CONFIG.patients.table) or ictcf_table_copy()


def ictcf_table_copy():
    """Where the download keeps the clinical table, in the format in which it comes."""
    suffix = Path(CONFIG.patients.table or CONFIG.download.ictcf_table_url).suffix
    return f"{D}/ictcf/Patients{suffix}"


def shards(pattern):
    """The files of all shards of the patients' slices; their number is part of the name, so that another number is another file."""
    return expand(pattern, shard=range(CONFIG.shards), allow_missing=True)
