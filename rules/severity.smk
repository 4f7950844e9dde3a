"""Segment the iCTCF slices with each single network and score the patients."""


rule segment_ictcf:
    input:
        slices=rules.prepare_ictcf.output.slices,
        weights=final("single", "safetensors"),
        code=code("segment_ictcf", CONFIG.single.network.name),
    output:
        f"{RUN}/ictcf/shard{{shard}}-of-{CONFIG.shards}.h5",
    log:
        f"{R}/logs/segment_ictcf/{{method}}-seed{{seed}}-shard{{shard}}-of-{CONFIG.shards}.log",
    benchmark:
        f"{R}/benchmarks/segment_ictcf/{{method}}-seed{{seed}}-shard{{shard}}-of-{CONFIG.shards}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    threads: 1
    resources:
        gpu=GPU,
    params:
        config=sections(single=without(CONFIG.single, "schedule")),
        shards=lambda wildcards, input: CONFIG.shards,
    message:
        "{wildcards.method}, seed {wildcards.seed}: infection of the iCTCF slices, shard {wildcards.shard} (log: {log})"
    shell:
        "python workflow_scripts/segment_ictcf.py --config-json {params.config:q} --slices {input.slices:q}"
        " --shard {wildcards.shard} --shards {params.shards} --weights {input.weights:q} --out {output:q}"
        " --gpus {resources.gpu} --threads {threads} 2> {log:q}"


rule score_severity:
    input:
        slices=rules.prepare_ictcf.output.slices,
        patients=rules.prepare_ictcf.output.patients,
        lungs=shards(rules.extract_parenchyma.output.lungs),
        infection=shards(rules.segment_ictcf.output[0]),
        quality=rules.clean_parenchyma.output.quality,
        code=code("score_severity"),
    output:
        slices=f"{RUN}/severity/slices.csv",
        patients=f"{RUN}/severity/patients.csv",
        metrics=f"{RUN}/severity/metrics.json",
    log:
        f"{R}/logs/score_severity/{{method}}-seed{{seed}}.log",
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(severity=CONFIG.severity),
    message:
        "{wildcards.method}, seed {wildcards.seed}: score the patients (log: {log})"
    shell:
        "python workflow_scripts/score_severity.py --config-json {params.config:q}"
        " --lungs {input.lungs:q} --infection {input.infection:q} --quality {input.quality:q}"
        " --patients {input.patients:q} --slices-store {input.slices:q}"
        " --out-slices {output.slices:q} --out-patients {output.patients:q} --out-metrics {output.metrics:q} 2> {log:q}"
