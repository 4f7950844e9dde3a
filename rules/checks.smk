"""What would fail after hours of training is said before it."""

PASSED = f"{R}/checks/passed.txt"
# Trainings, and whatever else costs, wait for the first check. Once there are trained networks, `passed` stays as it is: a
# check that runs again, as it does when severity.cutoffs changes, must not train them again, not even one that fails.
# (An `ancient` input would do that too, but Snakemake looks for no other reason to run a job behind one: another
# learning rate would wait for the run after the next.)
TRAINED = ("*/seed*/*/**/epoch*.safetensors", "pretext/*/seed*/**/epoch*.safetensors")
PASSED_BEFORE = Path(PASSED).exists() and any(any(Path(R).glob(pattern)) for pattern in TRAINED)


rule check_inputs:
    input:
        splits=splits(rules.split_slices.output[0]),
        fingerprints=splits(rules.fingerprint_split.output[0]),
        patients=rules.prepare_patients.output.patients if WITH_SEVERITY else [],
        slices=labelled_slices() if LIMITED else [],
        code=code("check_inputs"),
    output:
        found=f"{R}/checks/found.json",
        passed=[] if PASSED_BEFORE else PASSED,
        provenance=f"{R}/checks/found.provenance.json",
    log:
        f"{R}/logs/check_inputs.log",
    benchmark:
        f"{R}/benchmarks/check_inputs.tsv"
    priority: 1
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(
            split=only(CONFIG.split, "by", "folds"),
            labels=CONFIG.labels,
            labelled=only(CONFIG.labelled, "classes"),
            priors=CONFIG.priors,
            single=batches(CONFIG.single),
            multi=batches(CONFIG.multi),
            **own_networks(),
            pretext=batches_of_tasks(),
            patients=only(CONFIG.patients, "scores"),
            severity=only(CONFIG.severity, "cutoffs"),
        ),
        options=options("patients", "slices"),
        budgets=(
            f"--labels {shlex.join(map(str, LIMITED))} --seeds {shlex.join(map(str, CONFIG.seeds))}" if LIMITED else ""
        ),
        passed=lambda wildcards, output: f"--out-passed {shlex.quote(output.passed)}" if output.passed else "",
        pretrained=f"--pretrained {shlex.join(TASKS)}" if TASKS else "",
    message:
        "Check the inputs before the first training (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} {params.options} {params.budgets}"
        " {params.pretrained} --split {input.splits:q} --fingerprint {input.fingerprints:q} --out {output.found:q} {params.passed}"
        " --provenance {output.provenance:q} 2> {log:q}"
