"""The single network: training segments, infection maps of the labelled slices."""

SINGLE = f"{RUN}/single"


rule train_single:
    input:
        unpack(segment_start("single", f"{SINGLE}/{{fold}}")),
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        weights=backbone_weights("single"),
        checked=PASSED,
        code=network_code("train_single", "single"),
    output:
        state=f"{SINGLE}/{{fold}}/epoch{{epoch}}.pt",
        weights=f"{SINGLE}/{{fold}}/epoch{{epoch}}.safetensors",
        epochs=f"{SINGLE}/{{fold}}/epoch{{epoch}}.csv",
        provenance=f"{SINGLE}/{{fold}}/epoch{{epoch}}.provenance.json",
    log:
        f"{R}/logs/train_single/{{method}}-seed{{seed}}-{{fold}}-epoch{{epoch}}.log",
    benchmark:
        f"{R}/benchmarks/train_single/{{method}}-seed{{seed}}-{{fold}}-epoch{{epoch}}.tsv"
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
            **priors_of_fold(wildcards),
        ),
        start=options("resume", "best", "pretrained", "student"),
        fold=lambda wildcards, input: (
            "" if wildcards.fold == "all" else f"--fold {wildcards.fold.removeprefix('fold')}"
        ),
        labels=lambda wildcards: label_budget(wildcards.method),
    message:
        "{wildcards.method}, seed {wildcards.seed}: single network ({wildcards.fold}) to epoch {wildcards.epoch} (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} {params.start} {params.fold} {params.labels}"
        " --slices {input.slices:q} --split {input.split:q} --seed {wildcards.seed} --until-epoch {wildcards.epoch}"
        " --out-state {output.state:q} --out-weights {output.weights:q} --out-epochs {output.epochs:q}"
        " --gpus {resources.gpu} --threads {threads} --provenance {output.provenance:q} 2> {log:q}"


rule predict_infection:
    input:
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        weights=infection_weights,
        code=network_code("predict_infection", "single"),
    output:
        maps=f"{SINGLE}/infection_{{part}}.h5",
        provenance=f"{SINGLE}/infection_{{part}}.provenance.json",
    log:
        f"{R}/logs/predict_infection/{{method}}-seed{{seed}}-{{part}}.log",
    benchmark:
        f"{R}/benchmarks/predict_infection/{{method}}-seed{{seed}}-{{part}}.tsv"
    wildcard_constraints:
        method=one_of(TRAINED_HERE),
    conda:
        "../envs/ssinfnet.yaml"
    threads: 1
    resources:
        gpu=GPU,
    params:
        config=lambda wildcards: sections(single=stage_of("single", wildcards.method)),
        labels=lambda wildcards: label_budget(wildcards.method, wildcards.seed) if of_folds(wildcards.part) else "",
    message:
        "{wildcards.method}, seed {wildcards.seed}: infection maps of the {wildcards.part} part (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} --part {wildcards.part} {params.labels}"
        " --slices {input.slices:q} --split {input.split:q} --weights {input.weights:q} --out {output.maps:q}"
        " --gpus {resources.gpu} --threads {threads} --provenance {output.provenance:q} 2> {log:q}"
