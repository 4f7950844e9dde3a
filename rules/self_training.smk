"""Self-training: a teacher marks unlabelled slices, a student learns from them, and the fine-tuning goes on from it.

With `progressive.groups` the slices are marked group by group, by a chain of jobs that the teacher starts; each job takes
some groups. A job for each would be 320 of them per network, with 40 GB of weights.
"""

STUDENT = f"{SINGLE}/{{fold}}/self_training"


rule predict_pseudo_labels:
    input:
        unpack(teacher),
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        unlabelled=unlabelled_stores(),
        screened=rules.screen_unlabelled.output.table,
        code=teacher_code("predict_pseudo_labels"),
    output:
        maps=f"{STUDENT}/pseudo_labels.h5",
        provenance=f"{STUDENT}/pseudo_labels.provenance.json",
    log:
        f"{R}/logs/predict_pseudo_labels/{{method}}-seed{{seed}}-{{fold}}.log",
    benchmark:
        f"{R}/benchmarks/predict_pseudo_labels/{{method}}-seed{{seed}}-{{fold}}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    threads: 1
    resources:
        gpu=GPU,
    params:
        config=lambda wildcards: sections(
            single=stage_of("single", teacher_of(wildcards)),
            self_training=only(CONFIG.methods[wildcards.method].self_training, "slices", "stretch"),
            unlabelled=only(CONFIG.unlabelled, "window"),
        ),
    message:
        "{wildcards.method}, seed {wildcards.seed}: pseudo labels of unlabelled slices ({wildcards.fold}) (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q}"
        " --slices {input.slices:q} --split {input.split:q} --unlabelled {input.unlabelled:q} --screened {input.screened:q}"
        " --weights {input.weights:q} --out {output.maps:q}"
        " --gpus {resources.gpu} --threads {threads} --provenance {output.provenance:q} 2> {log:q}"


rule train_groups:
    input:
        unpack(groups_start),
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        unlabelled=unlabelled_stores(),
        screened=rules.screen_unlabelled.output.table,
        code=teacher_code("train_groups"),
    output:
        labels=f"{STUDENT}/groups/group{{group}}.h5",
        weights=f"{STUDENT}/groups/group{{group}}.safetensors",
        epochs=f"{STUDENT}/groups/group{{group}}.csv",
        provenance=f"{STUDENT}/groups/group{{group}}.provenance.json",
    log:
        f"{R}/logs/train_groups/{{method}}-seed{{seed}}-{{fold}}-group{{group}}.log",
    benchmark:
        f"{R}/benchmarks/train_groups/{{method}}-seed{{seed}}-{{fold}}-group{{group}}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    threads: 1
    resources:
        gpu=GPU,
    params:
        config=lambda wildcards: sections(
            single=stage_of("single", teacher_of(wildcards)),
            augmentation=CONFIG.methods[wildcards.method].augmentation,
            labels=CONFIG.labels,
            self_training={
                **only(CONFIG.methods[wildcards.method].self_training, "slices", "stretch", "confidence"),
                "progressive": without(
                    CONFIG.methods[wildcards.method].self_training.progressive, "groups", "per_job", "hybrid_training"
                ),
            },
            unlabelled=only(CONFIG.unlabelled, "window"),
            **priors_of_fold(wildcards),
        ),
        start=options("marked"),
        after=groups_before,
        learned=learned,
    message:
        "{wildcards.method}, seed {wildcards.seed}: groups of unlabelled slices ({wildcards.fold}) to number {wildcards.group} (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} {params.learned}"
        " --slices {input.slices:q} --split {input.split:q} --unlabelled {input.unlabelled:q} --screened {input.screened:q}"
        " --seed {wildcards.seed} --after-group {params.after} --until-group {wildcards.group} --weights {input.weights:q}"
        " {params.start} --out-labels {output.labels:q} --out-weights {output.weights:q} --out-epochs {output.epochs:q}"
        " --gpus {resources.gpu} --threads {threads} --provenance {output.provenance:q} 2> {log:q}"


rule train_student:
    input:
        unpack(student_start),
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        pseudo_labels=pseudo_labels,
        weights=backbone_weights("single"),
        code=network_code("train_student", "single"),
    output:
        state=f"{STUDENT}/epoch{{epoch}}.pt",
        weights=f"{STUDENT}/epoch{{epoch}}.safetensors",
        epochs=f"{STUDENT}/epoch{{epoch}}.csv",
        provenance=f"{STUDENT}/epoch{{epoch}}.provenance.json",
    log:
        f"{R}/logs/train_student/{{method}}-seed{{seed}}-{{fold}}-epoch{{epoch}}.log",
    benchmark:
        f"{R}/benchmarks/train_student/{{method}}-seed{{seed}}-{{fold}}-epoch{{epoch}}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    threads: 1
    resources:
        gpu=GPU,
    params:
        config=lambda wildcards: sections(
            single=stage_of("single", wildcards.method),
            augmentation=CONFIG.methods[wildcards.method].augmentation,
            labels=CONFIG.labels,
            **student_sections(wildcards),
        ),
        start=student_options,
    message:
        "{wildcards.method}, seed {wildcards.seed}: student ({wildcards.fold}) to epoch {wildcards.epoch} (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} {params.start}"
        " --slices {input.slices:q} --split {input.split:q} --pseudo-labels {input.pseudo_labels:q}"
        " --seed {wildcards.seed} --until-epoch {wildcards.epoch}"
        " --out-state {output.state:q} --out-weights {output.weights:q} --out-epochs {output.epochs:q}"
        " --gpus {resources.gpu} --threads {threads} --provenance {output.provenance:q} 2> {log:q}"


rule plot_pseudo_labels:
    input:
        pseudo_labels=pseudo_labels,
        code=code("plot_pseudo_labels"),
    output:
        report(
            f"{STUDENT}/pseudo_labels.png",
            category="Training",
            caption=f"{CAPTIONS}/pseudo_labels.rst",
            labels={"figure": "Pseudo labels", "method": "{method}"},
        ),
    log:
        f"{R}/logs/plot_pseudo_labels/{{method}}-seed{{seed}}-{{fold}}.log",
    benchmark:
        f"{R}/benchmarks/plot_pseudo_labels/{{method}}-seed{{seed}}-{{fold}}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=lambda wildcards: sections(
            methods={
                wildcards.method: {"label": CONFIG.methods[wildcards.method].label},
                teacher_of(wildcards): {"label": teacher_label(wildcards.method)},
            },
        ),
        teacher=lambda wildcards: teacher_of(wildcards),
    message:
        "{wildcards.method}, seed {wildcards.seed}: picture of the pseudo labels (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} --method {wildcards.method} --teacher {params.teacher}"
        " --pseudo-labels {input.pseudo_labels:q} --out {output:q} 2> {log:q}"
