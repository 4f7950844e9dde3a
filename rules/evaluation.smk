"""Score the test predictions of each run, image by image."""


rule evaluate_single:
    input:
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        validation=f"{SINGLE}/infection_validation.h5",
        test=f"{SINGLE}/infection_test.h5",
        code=code("evaluate_single"),
    output:
        csv=f"{SINGLE}/metrics.csv",
        json=f"{SINGLE}/metrics.json",
        provenance=f"{SINGLE}/metrics.provenance.json",
    log:
        f"{R}/logs/evaluate_single/{{method}}-seed{{seed}}.log",
    benchmark:
        f"{R}/benchmarks/evaluate_single/{{method}}-seed{{seed}}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(evaluation=CONFIG.evaluation, labels=CONFIG.labels),
    message:
        "{wildcards.method}, seed {wildcards.seed}: score the infection maps (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q}"
        " --slices {input.slices:q} --split {input.split:q} --validation {input.validation:q} --test {input.test:q}"
        " --out-csv {output.csv:q} --out-json {output.json:q} --provenance {output.provenance:q} 2> {log:q}"


rule evaluate_multi:
    input:
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        test=rules.predict_classes.output[0],
        code=code("evaluate_multi"),
    output:
        csv=f"{MULTI}/{{prior}}_prior_metrics.csv",
        json=f"{MULTI}/{{prior}}_prior_metrics.json",
        provenance=f"{MULTI}/{{prior}}_prior_metrics.provenance.json",
    log:
        f"{R}/logs/evaluate_multi/{{method}}-seed{{seed}}-{{prior}}.log",
    benchmark:
        f"{R}/benchmarks/evaluate_multi/{{method}}-seed{{seed}}-{{prior}}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(evaluation=CONFIG.evaluation),
    message:
        "{wildcards.method}, seed {wildcards.seed}: score the class maps with {wildcards.prior} prior (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q}"
        " --slices {input.slices:q} --split {input.split:q} --test {input.test:q}"
        " --out-csv {output.csv:q} --out-json {output.json:q} --provenance {output.provenance:q} 2> {log:q}"
