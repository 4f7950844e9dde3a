"""Each method as one file to score scans with, and the interval of the share that it tells of a scan."""

SHARE = f"{R}/{{method}}/share"
# What decides about the interval: the predictions that nothing was trained on, of all seeds of a method.
HELD_OUT = [rules.split_slices.output[0], *(f"{SINGLE}/infection_{part}.h5" for part in ("validation", "test"))]
CLASS_RUN = [final("multi", "safetensors"), PREDICTED_METRICS]
SINGLE_RUN = [final("single", "safetensors"), SINGLE_METRICS]


rule calibrate_share:
    input:
        slices=labelled_slices(),
        held_out=of_method(*HELD_OUT),
        metrics=of_method(SINGLE_METRICS),
        code=code("calibrate_share"),
    output:
        groups=f"{SHARE}/groups.csv",
        interval=f"{SHARE}/interval.json",
        provenance=f"{SHARE}/interval.provenance.json",
    log:
        f"{R}/logs/calibrate_share/{{method}}.log",
    benchmark:
        f"{R}/benchmarks/calibrate_share/{{method}}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(
            labels=CONFIG.labels,
            parenchyma=CONFIG.parenchyma,
            cleaning=without(CONFIG.cleaning, "exclusions"),
        ),
        runs=lambda wildcards, input: run_options("run", *HELD_OUT, SINGLE_METRICS, methods=[wildcards.method]),
    message:
        "{wildcards.method}: calibrate the interval of the infected share (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} --slices {input.slices:q} {params.runs}"
        " --out-groups {output.groups:q} --out-json {output.interval:q} --provenance {output.provenance:q} 2> {log:q}"


rule export_bundle:
    input:
        single=of_trained(*SINGLE_RUN),
        multi=of_method(*CLASS_RUN) if CONFIG.labelled.classes else [],
        severity=of_method(SEVERITY_METRICS) if WITH_SEVERITY else [],
        interval=rules.calibrate_share.output.interval,
        split=splits(rules.split_slices.output[0]),
        fingerprint=splits(rules.fingerprint_split.output[0]),
        code=network_code("export_bundle", "single", "multi"),
    output:
        bundle=f"{R}/bundles/{{method}}.zip",
        provenance=f"{R}/bundles/{{method}}.provenance.json",
    log:
        f"{R}/logs/export_bundle/{{method}}.log",
    benchmark:
        f"{R}/benchmarks/export_bundle/{{method}}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=lambda wildcards: sections(
            method=without(CONFIG.methods[wildcards.method], "family"),
            sources=sources(wildcards.method),
            labelled=only(CONFIG.labelled, "hu_window"),
            split=only(CONFIG.split, "by", "folds"),
            single=stage_of("single", wildcards.method),
            **({"multi": stage_of("multi", wildcards.method)} if CONFIG.labelled.classes else {}),
            labels=CONFIG.labels,
            parenchyma=CONFIG.parenchyma,
            cleaning=without(CONFIG.cleaning, "exclusions"),
            severity=only(CONFIG.severity, "patient_ratio", "least_infected"),
        ),
        runs=lambda wildcards, input: " ".join(
            [
                run_options("single", *SINGLE_RUN, methods=[wildcards.method]),
                run_options("multi", *CLASS_RUN, methods=[wildcards.method] if WITH_CLASSES else []),
                run_options("severity", SEVERITY_METRICS, methods=[wildcards.method] if WITH_SEVERITY else []),
            ]
        ),
    message:
        "{wildcards.method}: export the bundle to score scans with (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} {params.runs} --interval {input.interval:q}"
        " --split {input.split:q} --fingerprint {input.fingerprint:q}"
        " --out {output.bundle:q} --provenance {output.provenance:q} 2> {log:q}"


BUNDLES = expand(rules.export_bundle.output.bundle, method=TRAINED_HERE)
