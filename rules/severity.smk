"""Predict the patients' slices with each pair of networks, score the patients, and score regions where there is truth."""


rule predict_patients_infection:
    input:
        slices=rules.prepare_patients.output.slices,
        weights=final_of("single", "safetensors"),
        code=network_code("predict_infection", "single"),
    output:
        maps=f"{RUN}/patients/infection_shard{{shard}}-of-{CONFIG.shards}.h5",
        provenance=f"{RUN}/patients/infection_shard{{shard}}-of-{CONFIG.shards}.provenance.json",
    log:
        f"{R}/logs/predict_patients_infection/{{method}}-seed{{seed}}-shard{{shard}}-of-{CONFIG.shards}.log",
    benchmark:
        f"{R}/benchmarks/predict_patients_infection/{{method}}-seed{{seed}}-shard{{shard}}-of-{CONFIG.shards}.tsv"
    wildcard_constraints:
        method=one_of(TRAINED_HERE),
    conda:
        "../envs/ssinfnet.yaml"
    threads: 1
    resources:
        gpu=GPU,
    params:
        config=lambda wildcards: sections(single=stage_of("single", wildcards.method)),
        shards=lambda wildcards, input: CONFIG.shards,
    message:
        "{wildcards.method}, seed {wildcards.seed}: infection of the patients' slices, shard {wildcards.shard} (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} --slices {input.slices:q}"
        " --shard {wildcards.shard} --shards {params.shards} --weights {input.weights:q} --out {output.maps:q}"
        " --gpus {resources.gpu} --threads {threads} --provenance {output.provenance:q} 2> {log:q}"


rule predict_patients_classes:
    input:
        slices=rules.prepare_patients.output.slices,
        prior=rules.predict_patients_infection.output[0],
        weights=final("multi", "safetensors"),
        code=network_code("predict_classes", "multi"),
    output:
        maps=f"{RUN}/patients/classes_shard{{shard}}-of-{CONFIG.shards}.h5",
        provenance=f"{RUN}/patients/classes_shard{{shard}}-of-{CONFIG.shards}.provenance.json",
    log:
        f"{R}/logs/predict_patients_classes/{{method}}-seed{{seed}}-shard{{shard}}-of-{CONFIG.shards}.log",
    benchmark:
        f"{R}/benchmarks/predict_patients_classes/{{method}}-seed{{seed}}-shard{{shard}}-of-{CONFIG.shards}.tsv"
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
        "{wildcards.method}, seed {wildcards.seed}: classes of the patients' slices, shard {wildcards.shard} (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} --array mask --slices {input.slices:q}"
        " --prior {input.prior:q} --weights {input.weights:q} --out {output.maps:q}"
        " --gpus {resources.gpu} --threads {threads} --provenance {output.provenance:q} 2> {log:q}"


rule score_severity:
    input:
        slices=rules.prepare_patients.output.slices,
        patients=rules.prepare_patients.output.patients,
        lungs=shards(rules.extract_parenchyma.output.lungs),
        infection=shards(rules.predict_patients_infection.output[0]),
        classes=lambda wildcards: (
            [run_file(file, *wildcards) for file in shards(rules.predict_patients_classes.output[0])]
            if wildcards.method in WITH_PATIENTS_CLASSES
            else []
        ),
        threshold=rules.evaluate_single.output.json,
        quality=rules.clean_parenchyma.output.quality,
        code=code("score_severity"),
    output:
        slices=f"{RUN}/severity/slices.csv",
        patients=f"{RUN}/severity/patients.csv",
        metrics=f"{RUN}/severity/metrics.json",
        table=f"{RUN}/severity/metrics.csv",
        provenance=f"{RUN}/severity/metrics.provenance.json",
    log:
        f"{R}/logs/score_severity/{{method}}-seed{{seed}}.log",
    benchmark:
        f"{R}/benchmarks/score_severity/{{method}}-seed{{seed}}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(severity=CONFIG.severity),
        classes=options("classes"),
    message:
        "{wildcards.method}, seed {wildcards.seed}: score the patients (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q}"
        " --lungs {input.lungs:q} --infection {input.infection:q} {params.classes} --threshold {input.threshold:q}"
        " --quality {input.quality:q}"
        " --patients {input.patients:q} --slices-store {input.slices:q}"
        " --out-slices {output.slices:q} --out-patients {output.patients:q} --out-metrics {output.metrics:q}"
        " --out-table {output.table:q} --provenance {output.provenance:q} 2> {log:q}"


rule evaluate_regions:
    input:
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        infection=f"{SINGLE}/infection_test.h5",
        threshold=rules.evaluate_single.output.json,
        classes=lambda wildcards: (
            run_file(f"{MULTI}/classes_predicted_prior.h5", wildcards.method, wildcards.seed)
            if wildcards.method in WITH_CLASSES
            else []
        ),
        code=code("evaluate_regions"),
    output:
        csv=f"{RUN}/regions/metrics.csv",
        json=f"{RUN}/regions/metrics.json",
        provenance=f"{RUN}/regions/metrics.provenance.json",
    log:
        f"{R}/logs/evaluate_regions/{{method}}-seed{{seed}}.log",
    benchmark:
        f"{R}/benchmarks/evaluate_regions/{{method}}-seed{{seed}}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(
            labels=CONFIG.labels,
            parenchyma=CONFIG.parenchyma,
            cleaning=without(CONFIG.cleaning, "exclusions"),
            evaluation=CONFIG.evaluation,
            severity={"least_infected": CONFIG.severity.least_infected},
        ),
        classes=options("classes"),
    message:
        "{wildcards.method}, seed {wildcards.seed}: score the test predictions by region of the lungs (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q}"
        " --slices {input.slices:q} --split {input.split:q} --infection {input.infection:q}"
        " --threshold {input.threshold:q} {params.classes}"
        " --out-csv {output.csv:q} --out-json {output.json:q} --provenance {output.provenance:q} 2> {log:q}"
