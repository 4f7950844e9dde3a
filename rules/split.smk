"""Split the labelled slices, describe the parts, keep the truth as a prior, and screen what is unlabelled.

Rules of one method and seed take `rules.split_slices.output[0]` as it is: where each seed has a split of its own, the
seed is part of that name. Rules of all seeds choose with `splits` or `first_split`.
"""


rule prepare_parts:
    input:
        slices=labelled_slices(),
        file=given(CONFIG.split.file),
        code=code("prepare_parts"),
    output:
        parts=f"{R}/split/parts.csv",
        provenance=f"{R}/split/parts.provenance.json",
    log:
        f"{R}/logs/prepare_parts.log",
    benchmark:
        f"{R}/benchmarks/prepare_parts.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    message:
        "Read and verify the table of parts (log: {log})"
    shell:
        "python {input.code[0]:q} --slices {input.slices:q} --file {input.file:q} --out {output.parts:q}"
        " --provenance {output.provenance:q} 2> {log:q}"


# What of the section decides who is where.
SPLIT_KEYS = ["by"] if CONFIG.split.by == "file" else ["by", "train", "validation", "test", "seed", "folds"]


rule split_slices:
    input:
        slices=labelled_slices(),
        parts=rules.prepare_parts.output.parts if CONFIG.split.by == "file" else [],
        code=code("split_slices"),
    output:
        split=f"{SPLIT}/split.csv",
        provenance=f"{SPLIT}/split.provenance.json",
    log:
        of_seed(f"{R}/logs/split_slices") + ".log",
    benchmark:
        of_seed(f"{R}/benchmarks/split_slices") + ".tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(split=only(CONFIG.split, *SPLIT_KEYS)),
        parts=options("parts"),
        seed=lambda wildcards: f"--seed {wildcards.seed}" if CONFIG.split.folds else "",
    message:
        "Split the labelled slices (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} {params.parts} {params.seed}"
        " --slices {input.slices:q} --out {output.split:q} --provenance {output.provenance:q} 2> {log:q}"


rule fingerprint_split:
    input:
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        code=code("fingerprint_split"),
    output:
        fingerprint=f"{SPLIT}/fingerprint.json",
        provenance=f"{SPLIT}/fingerprint.provenance.json",
    log:
        of_seed(f"{R}/logs/fingerprint_split") + ".log",
    benchmark:
        of_seed(f"{R}/benchmarks/fingerprint_split") + ".tsv"
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
        truth=f"{SPLIT}/truth_{{part}}.h5",
        provenance=f"{SPLIT}/truth_{{part}}.provenance.json",
    log:
        of_seed(f"{R}/logs/extract_truth/{{part}}") + ".log",
    benchmark:
        of_seed(f"{R}/benchmarks/extract_truth/{{part}}") + ".tsv"
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
        table=f"{SPLIT}/unlabelled.csv",
        provenance=f"{SPLIT}/unlabelled.provenance.json",
    log:
        of_seed(f"{R}/logs/screen_unlabelled") + ".log",
    benchmark:
        of_seed(f"{R}/benchmarks/screen_unlabelled") + ".tsv"
    conda:
        "../envs/ssinfnet.yaml"
    message:
        "Look for copies of held-out slices among the unlabelled ones (log: {log})"
    shell:
        "python {input.code[0]:q} --slices {input.slices:q} --split {input.split:q}"
        " --unlabelled {input.unlabelled:q} --out {output.table:q} --provenance {output.provenance:q} 2> {log:q}"
