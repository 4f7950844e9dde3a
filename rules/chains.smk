"""What each job of a training starts from: rounds of a pretext task, students, segments of fine-tuning."""


def epoch_before(epoch, segment):
    """The epoch of the checkpoint from which a segment of so many epochs starts; 0 for the first one."""
    return (int(epoch) - 1) // segment * segment


def segment_start(stage, folder):
    """Input function: what a training segment starts from, by name of the command's option."""

    def inputs(wildcards):
        before = epoch_before(wildcards.epoch, getattr(CONFIG, stage).schedule.segment)
        prefix = folder.format(**wildcards)
        if before:
            return {"resume": f"{prefix}/epoch{before}.pt", "best": f"{prefix}/epoch{before}.safetensors"}
        if stage == "single" and wildcards.method in SELF_TRAINED:
            return {"student": student(wildcards.method, "safetensors").format(**wildcards)}
        return pretext_start(stage, wildcards)

    return inputs


def pretext_folder(stage):
    """Where the rounds of a network's pretext task are: the single network's by task, the multi network's by method."""
    return SHARED if stage == "single" else f"{RUN}/multi/pretext"


def rounds(task):
    """The last checkpoint of each round of a pretext task or run of it, below its folder, without suffix."""
    epochs = CONFIG.pretext.tasks()[task.partition("-")[0]].epochs()
    return [f"round{number}/epoch{last}" for number, last in enumerate(epochs)]


def task_of(wildcards):
    """The pretext task of a job, by name."""
    return wildcards.get("task", "").partition("-")[0] or CONFIG.methods[wildcards.method].pretext


def pretext_network(stage, wildcards):
    """The network that a job of a pretext task trains."""
    return (
        PRETEXT_RUNS.get(wildcards.task, CONFIG.single.network)
        if stage == "single"
        else network_of(stage, wildcards.method)
    )


def pretext_start(stage, wildcards):
    """The weights of the method's pretext task, by name of the command's option; none where it has no such task."""
    task = CONFIG.methods[wildcards.method].pretext
    if task == "none":
        return {}
    last = f"{pretext_folder(stage)}/{rounds(task)[-1]}.safetensors"
    return {"pretrained": run_file(last, wildcards.method, wildcards.seed)}


def teacher(wildcards):
    """Input function: the network that marks the slices for a method's student, of the same seed and fold."""
    file = run_file(final("single", "safetensors", wildcards.fold), teacher_of(wildcards), wildcards.seed)
    return {"weights": file}


def teacher_of(wildcards):
    """The method that teaches the job's method, by name."""
    return CONFIG.methods[wildcards.method].self_training.teacher


def teacher_code(script):
    """Input function: the files of a command, and of the network that marks the slices."""
    return lambda wildcards: code(script, network_of("single", teacher_of(wildcards)).name)


def student(method, suffix):
    """The last file of the training of a method's student."""
    return f"{RUN}/single/{{fold}}/self_training/epoch{CONFIG.methods[method].self_training.epochs}.{suffix}"


def student_start(wildcards):
    """Input function: what a segment of a student starts from, by name of the command's option."""
    before = epoch_before(wildcards.epoch, CONFIG.methods[wildcards.method].self_training.segment)
    if not before:
        return pretext_start("single", wildcards)
    prefix = f"{RUN}/single/{{fold}}/self_training/epoch{before}".format(**wildcards)
    return {"resume": f"{prefix}.pt", "best": f"{prefix}.safetensors"}


def pseudo_labels(wildcards):
    """Input function: the stores from which a method's student learns; with `relabel` the last job's holds all groups."""
    learning = CONFIG.methods[wildcards.method].self_training
    folder = f"{RUN}/single/{{fold}}/self_training".format(**wildcards)
    if not learning.by_groups:
        return f"{folder}/pseudo_labels.h5"
    ends = learning.progressive.ends()
    return [f"{folder}/groups/group{end}.h5" for end in (ends[-1:] if learning.progressive.relabel else ends)]


def groups_before(wildcards):
    """How many groups are done before a job of the chain that takes some of them."""
    return epoch_before(wildcards.group, CONFIG.methods[wildcards.method].self_training.progressive.per_job)


def groups_start(wildcards):
    """Input function: what such a job starts from, by name of the command's option: the teacher, or the job before."""
    progressive = CONFIG.methods[wildcards.method].self_training.progressive
    before = groups_before(wildcards)
    if not before:
        return teacher(wildcards)
    folder = f"{RUN}/single/{{fold}}/self_training/groups".format(**wildcards)
    result = {"weights": f"{folder}/group{before}.safetensors"}
    if not progressive.relabel:
        ends = range(progressive.per_job, before + 1, progressive.per_job)
        result["marked"] = [f"{folder}/group{end}.h5" for end in ends]
    return result


def teacher_label(method):
    """Whom a picture names as the one that marked a method's slices."""
    learning = CONFIG.methods[method].self_training
    return CONFIG.methods[learning.teacher].label + (", fine-tuned after each group" if learning.by_groups else "")


def student_options(wildcards, input):
    """Params function: the command's options for what a student starts from, and for labels from which it learns too."""
    start = options("resume", "best", "pretrained")(wildcards, input)
    by_groups = CONFIG.methods[wildcards.method].self_training.by_groups
    return f"{start} --hybrid {learned(wildcards)}" if by_groups else start


def student_sections(wildcards):
    """What a student's params hold beside those of every single network."""
    learning = CONFIG.methods[wildcards.method].self_training
    found = only(learning, "confidence")  # empty where it is off
    if learning.by_groups:
        found["progressive"] = only(learning.progressive, "hybrid_training")
    return ({"self_training": found} if found else {}) | (priors_of_fold(wildcards) if learning.by_groups else {})


def priors_of_fold(wildcards):
    """The section of the config that says what a fold is, for a job of one."""
    return {} if wildcards.fold == "all" else {"priors": without(CONFIG.priors, "mode")}


def learned(wildcards):
    """The command's options for the labelled slices from which a single network learns."""
    fold = "" if wildcards.fold == "all" else f"--fold {wildcards.fold.removeprefix('fold')} "
    return fold + label_budget(wildcards.method)


def round_start(stage):
    """Input function: what a segment of a pretext round starts from, by name of the command's option.

    That is the last network and the last coach before the round; once the round is under way its own state takes the
    place of the one that it trains.
    """

    def inputs(wildcards):
        name, number = task_of(wildcards), int(wildcards.round)
        task, folder = CONFIG.pretext.tasks()[name], pretext_folder(stage).format(**wildcards)
        result = {task.phase(before): f"{folder}/{rounds(name)[before]}.safetensors" for before in range(number)}
        before = epoch_before(wildcards.epoch, task.rounds.segment)
        if before:
            result.pop(task.phase(number), None)
            result["resume"] = f"{folder}/round{number}/epoch{before}.pt"
        return result

    return inputs


def options(*names):
    """Params function: the command's options for those of the named inputs that a job has."""

    def values(wildcards, input):
        files = {name: input.get(name) for name in names if input.get(name)}
        words = {name: [value] if isinstance(value, str) else value for name, value in files.items()}
        return " ".join(f"--{name} {shlex.join(map(str, value))}" for name, value in words.items())

    return values


def pretext_task(wildcards):
    """What a pretext round reads of its task; the number of rounds and their lengths are not part of it."""
    return without(CONFIG.pretext.tasks()[task_of(wildcards)], "rounds", "unlabelled", "variants")


def label_budget(method, seed=None):
    """The command's options for the label budget of a method; none where it learns from all training slices."""
    labels = CONFIG.methods[method].labels
    given = "" if seed is None else f" --seed {seed}"
    return "" if labels == "all" else f"--labels {labels}{given}"


def pretext_code(script, stage):
    """Input function: the files of a command of the pretext task, for its network, its kind, and the area that it erases."""

    def files(wildcards):
        task = CONFIG.pretext.tasks()[task_of(wildcards)]
        return code(script, pretext_network(stage, wildcards).name, task.kind, getattr(task, "where", "image"))

    return files


def weights_file(network):
    """The file of a backbone's weights, where the config names one."""
    weights = getattr(network, "weights", "none")
    return given(None if weights in ("none", "imagenet") else weights)


# Of each stage and method, told at once.
WEIGHTS_FILES = {
    (stage, name): weights_file(network_of(stage, name)) for stage in ("single", "multi") for name in TRAINED_HERE
}


def backbone_weights(stage):
    """Input function: the file of the weights from which the backbone of the method's network starts, if there is one."""
    return lambda wildcards: WEIGHTS_FILES[stage, wildcards.method]


def final(stage, suffix, fold="all"):
    """The last file of a training; `{last}` is the last epoch of the method's single network, which `runs` fills in."""
    if stage == "single":
        return f"{RUN}/single/{fold}/epoch{{last}}.{suffix}"
    return f"{RUN}/multi/epoch{CONFIG.multi.schedule.epochs}.{suffix}"


def last_epoch(method):
    """How long the single network of a method is fine-tuned, epochs."""
    return CONFIG.methods[method].single_epochs or CONFIG.single.schedule.epochs


def final_of(stage, suffix, fold="all"):
    """Input function: the last file of a training of the job's method and seed."""
    return lambda wildcards: run_file(final(stage, suffix, fold), wildcards.method, wildcards.seed)


def of_folds(part):
    """Whether a part is predicted by the networks of the folds."""
    return part == "train" and CONFIG.priors.mode == "out_of_fold"


def infection_weights(wildcards):
    """The networks that predict a part: one per fold for out-of-fold training priors, else the one of all folds."""
    if of_folds(wildcards.part):
        folds = [f"fold{number}" for number in range(CONFIG.priors.folds)]
    else:
        folds = ["all"]
    return [final_of("single", "safetensors", fold)(wildcards) for fold in folds]
