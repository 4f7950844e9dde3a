"""The single network's pretext tasks, each trained once per seed, and what their rounds have learned."""


rule pretrain_single:
    input:
        unpack(round_start("single")),
        unpack(unlabelled_slices),
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        weights=lambda wildcards: weights_file(pretext_network("single", wildcards)),
        checked=PASSED,
        code=pretext_code("pretrain_single", "single"),
    output:
        state=f"{SHARED}/round{{round}}/epoch{{epoch}}.pt",
        weights=f"{SHARED}/round{{round}}/epoch{{epoch}}.safetensors",
        epochs=f"{SHARED}/round{{round}}/epoch{{epoch}}.csv",
        provenance=f"{SHARED}/round{{round}}/epoch{{epoch}}.provenance.json",
    log:
        f"{R}/logs/pretrain_single/{{task}}-seed{{seed}}-round{{round}}-epoch{{epoch}}.log",
    benchmark:
        f"{R}/benchmarks/pretrain_single/{{task}}-seed{{seed}}-round{{round}}-epoch{{epoch}}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    threads: 1
    resources:
        gpu=GPU,
    params:
        config=lambda wildcards: sections(
            network=pretext_network("single", wildcards),
            pretext=pretext_task(wildcards),
            **({"unlabelled": only(CONFIG.unlabelled, "window")} if unlabelled_slices(wildcards) else {}),
        ),
        start=options("resume", "network", "coach", "unlabelled", "screened"),
    message:
        "Pretext task {wildcards.task}, seed {wildcards.seed}: round {wildcards.round} of the single network to epoch {wildcards.epoch} (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} {params.start}"
        " --slices {input.slices:q} --split {input.split:q} --seed {wildcards.seed} --round {wildcards.round} --until-epoch {wildcards.epoch}"
        " --out-state {output.state:q} --out-weights {output.weights:q} --out-epochs {output.epochs:q}"
        " --gpus {resources.gpu} --threads {threads} --provenance {output.provenance:q} 2> {log:q}"


rule plot_pretext:
    input:
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        rounds=lambda wildcards: [f"{SHARED}/{name}.safetensors".format(**wildcards) for name in rounds(wildcards.task)],
        code=pretext_code("plot_pretext", "single"),
    output:
        figure=report(
            f"{SHARED}/pretext.png",
            category="Training",
            caption=f"{CAPTIONS}/pretext.rst",
            labels={"figure": "Pretext task round by round", "task": "{task}"},
        ),
        table=f"{SHARED}/pretext.csv",
        provenance=f"{SHARED}/pretext.provenance.json",
    log:
        f"{R}/logs/plot_pretext/{{task}}-seed{{seed}}.log",
    benchmark:
        f"{R}/benchmarks/plot_pretext/{{task}}-seed{{seed}}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    threads: 1
    resources:
        gpu=GPU,
    params:
        config=lambda wildcards: sections(network=pretext_network("single", wildcards), pretext=pretext_task(wildcards)),
    message:
        "Pretext task {wildcards.task}, seed {wildcards.seed}: what was learned round by round (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} --task {wildcards.task}"
        " --slices {input.slices:q} --split {input.split:q} --rounds {input.rounds:q}"
        " --out-figure {output.figure:q} --out-table {output.table:q}"
        " --gpus {resources.gpu} --threads {threads} --provenance {output.provenance:q} 2> {log:q}"
