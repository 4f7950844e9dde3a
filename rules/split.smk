"""Split the labelled slices, describe the parts, keep the truth as a prior, and screen what is unlabelled."""


rule split_slices:
    input:
        slices=labelled_slices(),
        code=code("split_slices"),
    output:
        split=f"{R}/split/split.csv",
        provenance=f"{R}/split/split.provenance.json",
    log:
        f"{R}/logs/split_slices.log",
    benchmark:
        f"{R}/benchmarks/split_slices.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(split=CONFIG.split),
    message:
        "Split the labelled slices (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q}"
        " --slices {input.slices:q} --out {output.split:q} --provenance {output.provenance:q} 2> {log:q}"


rule fingerprint_split:
    input:
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        code=code("fingerprint_split"),
    output:
        fingerprint=f"{R}/split/fingerprint.json",
        provenance=f"{R}/split/fingerprint.provenance.json",
    log:
        f"{R}/logs/fingerprint_split.log",
    benchmark:
        f"{R}/benchmarks/fingerprint_split.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(labels=CONFIG.labels),
    message:
        "Describe the parts of the split (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q}"
        " --slices {input.slices:q} --split {input.split:q} --out {output.fingerprint:q}"
        " --provenance {output.provenance:q} 2> {log:q}"


rule extract_truth:
    input:
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        code=code("extract_truth"),
    output:
        truth=f"{R}/split/truth_{{part}}.h5",
        provenance=f"{R}/split/truth_{{part}}.provenance.json",
    log:
        f"{R}/logs/extract_truth/{{part}}.log",
    benchmark:
        f"{R}/benchmarks/extract_truth/{{part}}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(labels=CONFIG.labels),
    message:
        "Truth of the {wildcards.part} part as a prior (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} --part {wildcards.part}"
        " --slices {input.slices:q} --split {input.split:q} --out {output.truth:q}"
        " --provenance {output.provenance:q} 2> {log:q}"


rule screen_unlabelled:
    input:
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        unlabelled=unlabelled_stores(),
        code=code("screen_unlabelled"),
    output:
        table=f"{R}/split/unlabelled.csv",
        provenance=f"{R}/split/unlabelled.provenance.json",
    log:
        f"{R}/logs/screen_unlabelled.log",
    benchmark:
        f"{R}/benchmarks/screen_unlabelled.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    message:
        "Look for copies of held-out slices among the unlabelled ones (log: {log})"
    shell:
        "python {input.code[0]:q} --slices {input.slices:q} --split {input.split:q}"
        " --unlabelled {input.unlabelled:q} --out {output.table:q} --provenance {output.provenance:q} 2> {log:q}"
