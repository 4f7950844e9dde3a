"""What would fail after hours of training is said before it."""

PASSED = f"{R}/checks/passed.txt"
CHECKED = ancient(PASSED)


# Trainings, and whatever else costs, wait for `passed`. They take it as `ancient`, so that a check that runs again, as
# it does when severity.cutoffs changes, trains nothing again; and it is kept (`update`) when a check fails, as without
# it they would train again once the config is mended. `found` goes then, so that the same command checks again.
rule check_inputs:
    input:
        split=rules.split_slices.output[0],
        fingerprint=rules.fingerprint_split.output[0],
        patients=rules.prepare_patients.output.patients if WITH_SEVERITY else [],
        code=code("check_inputs"),
    output:
        found=f"{R}/checks/found.json",
        passed=update(PASSED),
        provenance=f"{R}/checks/found.provenance.json",
    log:
        f"{R}/logs/check_inputs.log",
    benchmark:
        f"{R}/benchmarks/check_inputs.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(
            labels=CONFIG.labels,
            labelled=only(CONFIG.labelled, "classes"),
            priors=CONFIG.priors,
            single=batches(CONFIG.single),
            multi=batches(CONFIG.multi),
            pretext=only(CONFIG.pretext, "batch_size", "size", "crop"),
            patients=only(CONFIG.patients, "scores"),
            severity=only(CONFIG.severity, "cutoffs"),
        ),
        options=options("patients"),
        pretrained="--pretrained" if PRETRAINED else "",
    message:
        "Check the inputs before the first training (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} {params.options} {params.pretrained}"
        " --split {input.split:q} --fingerprint {input.fingerprint:q} --out {output.found:q} --out-passed {output.passed:q}"
        " --provenance {output.provenance:q} 2> {log:q}"
