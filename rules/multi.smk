"""The multi network: pretext rounds and training segments on slices with priors, classes of the test slices."""

MULTI = f"{RUN}/multi"
TRAINING_PRIOR = f"{SPLIT}/truth_train.h5" if CONFIG.priors.mode == "ground_truth" else f"{SINGLE}/infection_train.h5"


rule pretrain_multi:
    input:
        unpack(round_start("multi")),
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        prior=TRAINING_PRIOR,
        weights=backbone_weights("multi"),
        checked=PASSED,
        code=pretext_code("pretrain_multi", "multi"),
    output:
        state=f"{MULTI}/pretext/round{{round}}/epoch{{epoch}}.pt",
        weights=f"{MULTI}/pretext/round{{round}}/epoch{{epoch}}.safetensors",
        epochs=f"{MULTI}/pretext/round{{round}}/epoch{{epoch}}.csv",
        provenance=f"{MULTI}/pretext/round{{round}}/epoch{{epoch}}.provenance.json",
    log:
        f"{R}/logs/pretrain_multi/{{method}}-seed{{seed}}-round{{round}}-epoch{{epoch}}.log",
    benchmark:
        f"{R}/benchmarks/pretrain_multi/{{method}}-seed{{seed}}-round{{round}}-epoch{{epoch}}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    threads: 1
    resources:
        gpu=GPU,
    params:
        config=lambda wildcards: sections(network=pretext_network("multi", wildcards), pretext=pretext_task(wildcards)),
        start=options("resume", "network", "coach"),
    message:
        "{wildcards.method}, seed {wildcards.seed}: pretext round {wildcards.round} of the multi network to epoch {wildcards.epoch} (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} {params.start}"
        " --slices {input.slices:q} --split {input.split:q} --prior-train {input.prior:q}"
        " --seed {wildcards.seed} --round {wildcards.round} --until-epoch {wildcards.epoch}"
        " --out-state {output.state:q} --out-weights {output.weights:q} --out-epochs {output.epochs:q}"
        " --gpus {resources.gpu} --threads {threads} --provenance {output.provenance:q} 2> {log:q}"


rule train_multi:
    input:
        unpack(segment_start("multi", MULTI)),
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        prior_train=TRAINING_PRIOR,
        prior_validation=f"{SINGLE}/infection_validation.h5",
        weights=backbone_weights("multi"),
        checked=PASSED,
        code=network_code("train_multi", "multi"),
    output:
        state=f"{MULTI}/epoch{{epoch}}.pt",
        weights=f"{MULTI}/epoch{{epoch}}.safetensors",
        epochs=f"{MULTI}/epoch{{epoch}}.csv",
        provenance=f"{MULTI}/epoch{{epoch}}.provenance.json",
    log:
        f"{R}/logs/train_multi/{{method}}-seed{{seed}}-epoch{{epoch}}.log",
    benchmark:
        f"{R}/benchmarks/train_multi/{{method}}-seed{{seed}}-epoch{{epoch}}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    threads: 1
    resources:
        gpu=GPU,
    params:
        config=lambda wildcards: sections(
            multi=stage_of("multi", wildcards.method),
            augmentation=CONFIG.methods[wildcards.method].augmentation,
        ),
        start=options("resume", "best", "pretrained"),
        labels=lambda wildcards: label_budget(wildcards.method),
    message:
        "{wildcards.method}, seed {wildcards.seed}: multi network to epoch {wildcards.epoch} (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} {params.start} {params.labels}"
        " --slices {input.slices:q} --split {input.split:q}"
        " --prior-train {input.prior_train:q} --prior-validation {input.prior_validation:q}"
        " --seed {wildcards.seed} --until-epoch {wildcards.epoch}"
        " --out-state {output.state:q} --out-weights {output.weights:q} --out-epochs {output.epochs:q}"
        " --gpus {resources.gpu} --threads {threads} --provenance {output.provenance:q} 2> {log:q}"


rule predict_classes:
    input:
        slices=labelled_slices(),
        prior=lambda wildcards: (
            f"{SPLIT}/truth_test.h5" if wildcards.prior == "oracle" else f"{SINGLE}/infection_test.h5"
        ).format(**wildcards),
        weights=final("multi", "safetensors"),
        code=network_code("predict_classes", "multi"),
    output:
        maps=f"{MULTI}/classes_{{prior}}_prior.h5",
        provenance=f"{MULTI}/classes_{{prior}}_prior.provenance.json",
    log:
        f"{R}/logs/predict_classes/{{method}}-seed{{seed}}-{{prior}}.log",
    benchmark:
        f"{R}/benchmarks/predict_classes/{{method}}-seed{{seed}}-{{prior}}.tsv"
    wildcard_constraints:
        method=one_of(TRAINED_HERE),
    conda:
        "../envs/ssinfnet.yaml"
    threads: 1
    resources:
        gpu=GPU,
    params:
        config=lambda wildcards: sections(multi=stage_of("multi", wildcards.method)),
    message:
        "{wildcards.method}, seed {wildcards.seed}: class maps with {wildcards.prior} prior (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} --array classes"
        " --slices {input.slices:q} --prior {input.prior:q} --weights {input.weights:q}"
        " --out {output.maps:q} --gpus {resources.gpu} --threads {threads} --provenance {output.provenance:q} 2> {log:q}"
