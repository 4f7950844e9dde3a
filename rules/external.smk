"""Methods whose maps nnU-Net predicts: the data sets that it learns from, and its predictions in the place of ours."""

# By the name of nnU-Net's data set, what it learns.
NNUNET_TARGETS = {"501_infection": "infection", **({"502_classes": "classes"} if CONFIG.labelled.classes else {})}
NNUNET = of_seed(f"{R}/exports/nnunet")


rule export_nnunet:
    input:
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        code=code("export_nnunet"),
    output:
        dataset=directory(f"{NNUNET}/raw/Dataset{{dataset}}"),
        provenance=f"{NNUNET}/Dataset{{dataset}}.provenance.json",
    log:
        of_seed(f"{R}/logs/export_nnunet/{{dataset}}") + ".log",
    benchmark:
        of_seed(f"{R}/benchmarks/export_nnunet/{{dataset}}") + ".tsv"
    wildcard_constraints:
        dataset=one_of(NNUNET_TARGETS),
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(labels=CONFIG.labels),
        target=lambda wildcards: NNUNET_TARGETS[wildcards.dataset],
    message:
        "Data set {wildcards.dataset} for nnU-Net (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} --target {params.target}"
        " --slices {input.slices:q} --split {input.split:q} --out {output.dataset:q}"
        " --provenance {output.provenance:q} 2> {log:q}"


rule export_nnunet_patients:
    input:
        slices=rules.prepare_patients.output.slices,
        code=code("export_nnunet"),
    output:
        pictures=directory(f"{R}/exports/nnunet/patients"),
        provenance=f"{R}/exports/nnunet/patients.provenance.json",
    log:
        f"{R}/logs/export_nnunet_patients.log",
    benchmark:
        f"{R}/benchmarks/export_nnunet_patients.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    message:
        "The patients' slices for nnU-Net (log: {log})"
    shell:
        "python {input.code[0]:q} --slices {input.slices:q} --out {output.pictures:q}"
        " --provenance {output.provenance:q} 2> {log:q}"


# To be asked for by name, as no other rule reads it: `snakemake nnunet`.
rule nnunet:
    input:
        [
            splits(file)
            for file in expand(rules.export_nnunet.output.dataset, dataset=NNUNET_TARGETS, allow_missing=True)
        ],
        rules.export_nnunet_patients.output.pictures if CONFIG.patients.source != "none" else [],


rule import_infection:
    input:
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        code=code("import_nnunet"),
    output:
        maps=f"{SINGLE}/infection_{{part}}.h5",
        provenance=f"{SINGLE}/infection_{{part}}.provenance.json",
    log:
        f"{R}/logs/import_infection/{{method}}-seed{{seed}}-{{part}}.log",
    benchmark:
        f"{R}/benchmarks/import_infection/{{method}}-seed{{seed}}-{{part}}.tsv"
    wildcard_constraints:
        method=one_of(EXTERNAL),
        part="validation|test",
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(labels=CONFIG.labels),
        content=content_of("infection"),
        folder=predictions("infection"),
    message:
        "{wildcards.method}, seed {wildcards.seed}: import infection maps of the {wildcards.part} part (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} --array infection"
        " --slices {input.slices:q} --split {input.split:q} --part {wildcards.part}"
        " --predictions {params.folder:q} --out {output.maps:q} --provenance {output.provenance:q} 2> {log:q}"


rule import_classes:
    input:
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        code=code("import_nnunet"),
    output:
        maps=f"{MULTI}/classes_{{prior}}_prior.h5",
        provenance=f"{MULTI}/classes_{{prior}}_prior.provenance.json",
    log:
        f"{R}/logs/import_classes/{{method}}-seed{{seed}}-{{prior}}.log",
    benchmark:
        f"{R}/benchmarks/import_classes/{{method}}-seed{{seed}}-{{prior}}.tsv"
    wildcard_constraints:
        method=one_of(EXTERNAL),
        prior="predicted",
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(labels=CONFIG.labels),
        content=content_of("classes"),
        folder=predictions("classes"),
    message:
        "{wildcards.method}, seed {wildcards.seed}: import class maps (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} --array classes"
        " --slices {input.slices:q} --split {input.split:q} --part test"
        " --predictions {params.folder:q} --out {output.maps:q} --provenance {output.provenance:q} 2> {log:q}"


rule import_patients_infection:
    input:
        slices=rules.prepare_patients.output.slices,
        code=code("import_nnunet"),
    output:
        maps=f"{RUN}/patients/infection_shard{{shard}}-of-{CONFIG.shards}.h5",
        provenance=f"{RUN}/patients/infection_shard{{shard}}-of-{CONFIG.shards}.provenance.json",
    log:
        f"{R}/logs/import_patients_infection/{{method}}-seed{{seed}}-shard{{shard}}-of-{CONFIG.shards}.log",
    benchmark:
        f"{R}/benchmarks/import_patients_infection/{{method}}-seed{{seed}}-shard{{shard}}-of-{CONFIG.shards}.tsv"
    wildcard_constraints:
        method=one_of(EXTERNAL),
    conda:
        "../envs/ssinfnet.yaml"
    params:
        content=content_of("patients_infection"),
        folder=predictions("patients_infection"),
        shards=lambda wildcards, input: CONFIG.shards,
    message:
        "{wildcards.method}, seed {wildcards.seed}: import infection of the patients' slices, shard {wildcards.shard} (log: {log})"
    shell:
        "python {input.code[0]:q} --array infection"
        " --slices {input.slices:q} --shard {wildcards.shard} --shards {params.shards}"
        " --predictions {params.folder:q} --out {output.maps:q} --provenance {output.provenance:q} 2> {log:q}"


rule import_patients_classes:
    input:
        slices=rules.prepare_patients.output.slices,
        code=code("import_nnunet"),
    output:
        maps=f"{RUN}/patients/classes_shard{{shard}}-of-{CONFIG.shards}.h5",
        provenance=f"{RUN}/patients/classes_shard{{shard}}-of-{CONFIG.shards}.provenance.json",
    log:
        f"{R}/logs/import_patients_classes/{{method}}-seed{{seed}}-shard{{shard}}-of-{CONFIG.shards}.log",
    benchmark:
        f"{R}/benchmarks/import_patients_classes/{{method}}-seed{{seed}}-shard{{shard}}-of-{CONFIG.shards}.tsv"
    wildcard_constraints:
        method=one_of(EXTERNAL),
    conda:
        "../envs/ssinfnet.yaml"
    params:
        content=content_of("patients_classes"),
        folder=predictions("patients_classes"),
        shards=lambda wildcards, input: CONFIG.shards,
    message:
        "{wildcards.method}, seed {wildcards.seed}: import classes of the patients' slices, shard {wildcards.shard} (log: {log})"
    shell:
        "python {input.code[0]:q} --array mask"
        " --slices {input.slices:q} --shard {wildcards.shard} --shards {params.shards}"
        " --predictions {params.folder:q} --out {output.maps:q} --provenance {output.provenance:q} 2> {log:q}"
