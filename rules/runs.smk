"""Runs: the files of methods and seeds, and which methods take part in which stage."""


def pairs(methods=None, seeds=CONFIG.seeds):
    """Each of these methods (default: all) with each of these seeds of which it has results, as the config orders them."""
    names = CONFIG.methods if methods is None else methods
    return [(name, seed) for name in names for seed in seeds if seed in CONFIG.seeds_of(name)]


def runs(pattern, methods=None, seeds=CONFIG.seeds):
    """A file of each of these seeds and methods (default: all), in the order of the config."""
    return [run_file(pattern, *run) for run in pairs(methods, seeds)]


def run_file(pattern, method, seed):
    """The file of a run by its pattern."""
    return pattern.format(method=method, seed=seed, last=last_epoch(method), task=pretext_run(method))


def of_method(*patterns):
    """Input function: files of each seed of the job's method."""
    return lambda wildcards: [file for pattern in patterns for file in runs(pattern, [wildcards.method])]


def of_trained(*patterns):
    """The same, and an error for an external method, which has none."""

    def files(wildcards):
        if wildcards.method in EXTERNAL:
            raise WorkflowError(f"{wildcards.method} is external: there are no networks of it here to make a bundle of")
        return of_method(*patterns)(wildcards)

    return files


def run_options(option, *patterns, before="", methods=None, seeds=CONFIG.seeds):
    """A repeatable option of a command, once per method and seed: `--option METHOD SEED [before] FILE...`."""
    words = []
    for method, seed in pairs(methods, seeds):
        files = [shlex.quote(run_file(pattern, method, seed)) for pattern in patterns]
        words.append(" ".join([f"--{option} {method} {seed} {before}", *files]))
    return " ".join(words)


def methods_with(maps):
    """The methods that have these maps: those that are trained, and external ones with a folder of them."""
    return [name for name, method in CONFIG.methods.items() if not method.is_external or getattr(method.external, maps)]


def one_of(methods):
    """The wildcard constraint of rules that only these methods have."""
    return "|".join(methods) or "(?!)"


def methods_of(names):
    """The section of the config of these methods."""
    return {name: without(CONFIG.methods[name]) for name in names}


# Which stages there are, and which methods take part in those that not all of them have.
STAGES = ["single", "multi"] if CONFIG.labelled.classes else ["single"]
TRAINED_HERE = [name for name, method in CONFIG.methods.items() if not method.is_external]
EXTERNAL = [name for name in CONFIG.methods if name not in TRAINED_HERE]
SELF_TRAINED = [name for name, method in CONFIG.methods.items() if method.self_training.teacher]
PRETRAINED = [name for name, method in CONFIG.methods.items() if method.pretext != "none"]
WITH_CLASSES = methods_with("classes") if CONFIG.labelled.classes else []
# Those whose class network takes a prior, and so can be given the truth as an oracle.
WITH_PRIOR = [name for name in WITH_CLASSES if name in TRAINED_HERE and CONFIG.multi_network(name).prior]
WITH_SEVERITY = methods_with("patients_infection") if CONFIG.patients.source != "none" else []
WITH_PATIENTS_CLASSES = methods_with("patients_classes") if CONFIG.labelled.classes else []
# How many training slices keep their labels, over all methods; and those of them that are not all.
BUDGETS = list(dict.fromkeys(method.labels for method in CONFIG.methods.values()))
LIMITED = [labels for labels in BUDGETS if labels != "all"]
# The pretext tasks of the methods, each once.
TASKS = list(dict.fromkeys(CONFIG.methods[name].pretext for name in PRETRAINED))


def pretext_run(method):
    """The name below which the pretext task of a method's single network is trained, which its methods share.

    It is the task's. With a network that is not the section's it is that of task and network, and a hash of its
    options: `inpainting-plain_unet-0a1b2c3d`; no name of a task has a hyphen.
    """
    task, network = CONFIG.methods[method].pretext, CONFIG.single_network(method)
    if task == "none" or network == CONFIG.single.network:
        return task
    options = json.dumps(without(network), sort_keys=True)
    return f"{task}-{network.name}-{hashlib.sha256(options.encode()).hexdigest()[:8]}"


# What is trained of them, with its network.
PRETEXT_RUNS = {pretext_run(name): CONFIG.single_network(name) for name in PRETRAINED}


def sources(name):
    """Where the data of a method come from, without names of folders; unlabelled slices only if it has seen any."""
    task = CONFIG.task(CONFIG.methods[name])
    asked = name in SELF_TRAINED or bool(task and task.unlabelled)
    return {
        "labelled": CONFIG.labelled.source,
        "patients": CONFIG.patients.source,
        "unlabelled_folder": asked and CONFIG.unlabelled.folder is not None,
        "unlabelled_patients": asked and CONFIG.unlabelled.patients,
    }
