"""The single network: pretext rounds, training segments, infection maps of the labelled slices."""

SINGLE = f"{RUN}/single"


rule pretrain_single:
    input:
        unpack(round_start("single")),
        unpack(unlabelled_slices),
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        weights=weights_file(CONFIG.single.network),
        checked=PASSED,
        code=code("pretrain_single", CONFIG.single.network.name),
    output:
        state=f"{SINGLE}/pretext/round{{round}}/epoch{{epoch}}.pt",
        weights=f"{SINGLE}/pretext/round{{round}}/epoch{{epoch}}.safetensors",
        epochs=f"{SINGLE}/pretext/round{{round}}/epoch{{epoch}}.csv",
        provenance=f"{SINGLE}/pretext/round{{round}}/epoch{{epoch}}.provenance.json",
    log:
        f"{R}/logs/pretrain_single/{{method}}-seed{{seed}}-round{{round}}-epoch{{epoch}}.log",
    benchmark:
        f"{R}/benchmarks/pretrain_single/{{method}}-seed{{seed}}-round{{round}}-epoch{{epoch}}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    threads: 1
    resources:
        gpu=GPU,
    params:
        config=pretext_config(CONFIG.single.network),
        start=options("resume", "network", "coach", "unlabelled", "screened"),
    message:
        "{wildcards.method}, seed {wildcards.seed}: pretext round {wildcards.round} of the single network to epoch {wildcards.epoch} (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} {params.start}"
        " --slices {input.slices:q} --split {input.split:q} --seed {wildcards.seed} --round {wildcards.round} --until-epoch {wildcards.epoch}"
        " --out-state {output.state:q} --out-weights {output.weights:q} --out-epochs {output.epochs:q}"
        " --gpus {resources.gpu} --threads {threads} --provenance {output.provenance:q} 2> {log:q}"


rule train_single:
    input:
        unpack(segment_start("single", f"{SINGLE}/{{fold}}")),
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        weights=weights_file(CONFIG.single.network),
        checked=PASSED,
        code=code("train_single", CONFIG.single.network.name),
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
            single=without(CONFIG.single, "schedule"),
            augmentation=CONFIG.methods[wildcards.method].augmentation,
            labels=CONFIG.labels,
            **({} if wildcards.fold == "all" else {"priors": without(CONFIG.priors, "mode")}),
        ),
        start=options("resume", "best", "pretrained", "student"),
        fold=lambda wildcards, input: (
            "" if wildcards.fold == "all" else f"--fold {wildcards.fold.removeprefix('fold')}"
        ),
    message:
        "{wildcards.method}, seed {wildcards.seed}: single network ({wildcards.fold}) to epoch {wildcards.epoch} (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} {params.start} {params.fold}"
        " --slices {input.slices:q} --split {input.split:q} --seed {wildcards.seed} --until-epoch {wildcards.epoch}"
        " --out-state {output.state:q} --out-weights {output.weights:q} --out-epochs {output.epochs:q}"
        " --gpus {resources.gpu} --threads {threads} --provenance {output.provenance:q} 2> {log:q}"


rule predict_infection:
    input:
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        weights=infection_weights,
        code=code("predict_infection", CONFIG.single.network.name),
    output:
        maps=f"{SINGLE}/infection_{{part}}.h5",
        provenance=f"{SINGLE}/infection_{{part}}.provenance.json",
    log:
        f"{R}/logs/predict_infection/{{method}}-seed{{seed}}-{{part}}.log",
    benchmark:
        f"{R}/benchmarks/predict_infection/{{method}}-seed{{seed}}-{{part}}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    threads: 1
    resources:
        gpu=GPU,
    params:
        config=sections(single=without(CONFIG.single, "schedule")),
    message:
        "{wildcards.method}, seed {wildcards.seed}: infection maps of the {wildcards.part} part (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} --part {wildcards.part}"
        " --slices {input.slices:q} --split {input.split:q} --weights {input.weights:q} --out {output.maps:q}"
        " --gpus {resources.gpu} --threads {threads} --provenance {output.provenance:q} 2> {log:q}"


rule plot_masks:
    input:
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        rounds=[f"{SINGLE}/{name}.safetensors" for name in rounds()],
        code=code("plot_masks", CONFIG.single.network.name),
    output:
        figure=report(
            f"{SINGLE}/pretext/coach_masks.png",
            category="Training",
            caption=f"{CAPTIONS}/coach_masks.rst",
            labels={"figure": "Coach's masks", "method": "{method}"},
        ),
        table=f"{SINGLE}/pretext/coach_masks.csv",
        provenance=f"{SINGLE}/pretext/coach_masks.provenance.json",
    log:
        f"{R}/logs/plot_masks/{{method}}-seed{{seed}}.log",
    benchmark:
        f"{R}/benchmarks/plot_masks/{{method}}-seed{{seed}}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    threads: 1
    resources:
        gpu=GPU,
    params:
        config=lambda wildcards: sections(
            network=CONFIG.single.network,
            pretext=without(CONFIG.pretext, "rounds"),
            methods={wildcards.method: {"label": CONFIG.methods[wildcards.method].label}},
        ),
    message:
        "{wildcards.method}, seed {wildcards.seed}: the coach's masks round by round (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} --method {wildcards.method}"
        " --slices {input.slices:q} --split {input.split:q} --rounds {input.rounds:q}"
        " --out-figure {output.figure:q} --out-table {output.table:q}"
        " --gpus {resources.gpu} --threads {threads} --provenance {output.provenance:q} 2> {log:q}"
