"""The pages to read, and the numbers for programs."""

# The case browser shows one seed of each method.
SHOWN = [min(CONFIG.seeds)]
PATIENT_MAPS = shards(rules.predict_patients_infection.output[0])


rule write_cases:
    input:
        slices=labelled_slices(),
        split=first_split(rules.split_slices.output[0]),
        single=runs(f"{SINGLE}/infection_test.h5", seeds=SHOWN),
        thresholds=runs(SINGLE_METRICS, seeds=SHOWN),
        multi=runs(PREDICTED_TEST, WITH_CLASSES, SHOWN),
        dice=runs(PREDICTED_METRICS, WITH_CLASSES, SHOWN),
        pictures=rules.prepare_patients.output.slices if WITH_SEVERITY else [],
        lungs=shards(rules.extract_parenchyma.output.lungs) if WITH_SEVERITY else [],
        quality=rules.clean_parenchyma.output.quality if WITH_SEVERITY else [],
        infection=[runs(maps, WITH_SEVERITY, SHOWN) for maps in PATIENT_MAPS],
        severity=[runs(file, WITH_SEVERITY, SHOWN) for file in SCORED],
        code=code("write_cases"),
        template=f"{SCRIPTS}/ssinfnet/report/templates/cases.html.j2",
    output:
        page=f"{R}/cases.html",
        # Snakemake's report can only show pages up to a certain size.
        sample=report(
            f"{R}/cases_sample.html",
            category="Summary",
            caption="captions/cases.rst",
            labels={"page": "2. Case browser"},
        ),
    log:
        f"{R}/logs/write_cases.log",
    benchmark:
        f"{R}/benchmarks/write_cases.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(
            methods=methods_of(CONFIG.methods),
            labels=CONFIG.labels,
            labelled={"source": CONFIG.labelled.source},
            patients={"source": CONFIG.patients.source},
        ),
        patients=options("pictures", "lungs", "quality"),
        runs=lambda wildcards, input: " ".join(
            [
                run_options("single", f"{SINGLE}/infection_test.h5", SINGLE_METRICS, seeds=SHOWN),
                run_options("multi", PREDICTED_TEST, PREDICTED_METRICS, methods=WITH_CLASSES, seeds=SHOWN),
                *(run_options("infection", maps, methods=WITH_SEVERITY, seeds=SHOWN) for maps in PATIENT_MAPS),
                run_options("severity", *SCORED, methods=WITH_SEVERITY, seeds=SHOWN),
            ]
        ),
    message:
        "Case browser (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} {params.runs} {params.patients}"
        " --slices {input.slices:q} --split {input.split:q}"
        " --out {output.page:q} --out-sample {output.sample:q} 2> {log:q}"


rule write_summary:
    input:
        fingerprint=first_split(rules.fingerprint_split.output[0]),
        splits=splits(rules.split_slices.output[0]),
        tables=TABLES,
        figures=FIGURES,
        counts=rules.clean_parenchyma.output.counts if WITH_SEVERITY else [],
        severity=runs(SEVERITY_METRICS, WITH_SEVERITY),
        regions=runs(rules.evaluate_regions.output.json),
        weights=[runs(final(stage, "safetensors"), TRAINED_HERE) for stage in STAGES],
        published=f"{PUBLISHED}/table_1.csv",
        code=code("write_summary"),
        template=f"{SCRIPTS}/ssinfnet/report/templates/summary.html.j2",
        captions=[f"{SCRIPTS}/ssinfnet/report/templates/captions/{Path(file).stem}.rst" for file in FIGURES],
    output:
        page=report(
            f"{R}/summary.html",
            category="Summary",
            caption="captions/summary.rst",
            labels={"page": "1. Verdict and tables"},
        ),
        numbers=report(
            f"{R}/summary.json",
            category="Summary",
            caption="captions/numbers.rst",
            labels={"page": "3. All numbers (JSON)"},
        ),
        provenance=f"{R}/summary.provenance.json",
    log:
        f"{R}/logs/write_summary.log",
    benchmark:
        f"{R}/benchmarks/write_summary.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        # All of it, but for what changes no result.
        config=lambda wildcards: json.dumps(without(CONFIG, "keep_states"), sort_keys=True),
        counts=options("counts"),
        runs=lambda wildcards, input: " ".join(
            [
                run_options("severity", SEVERITY_METRICS, methods=WITH_SEVERITY),
                run_options("regions", rules.evaluate_regions.output.json),
                *(
                    run_options("weights", final(stage, "safetensors"), before=stage, methods=TRAINED_HERE)
                    for stage in STAGES
                ),
            ]
        ),
    message:
        "Summary page (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} {params.counts} {params.runs}"
        " --fingerprint {input.fingerprint:q} --split {input.splits:q} --tables {input.tables:q} --figures {input.figures:q}"
        " --out {output.page:q} --out-numbers {output.numbers:q} --provenance {output.provenance:q} 2> {log:q}"


rule plot_times:
    input:
        # All but the summary, which any change of the config makes anew.
        TABLES,
        FIGURES,
        runs(rules.evaluate_regions.output.json),
        rules.write_cases.output,
        BUNDLES,
        code=code("plot_times"),
    output:
        report(
            f"{R}/figures/job_times.png",
            category="Training",
            caption="captions/job_times.rst",
            labels={"figure": "Where the time went"},
        ),
    log:
        f"{R}/logs/plot_times.log",
    conda:
        "../envs/ssinfnet.yaml"
    params:
        benchmarks=lambda wildcards, input: f"{R}/benchmarks",
    message:
        "Where the time went (log: {log})"
    shell:
        "python {input.code[0]:q} --benchmarks {params.benchmarks:q} --out {output:q} 2> {log:q}"


# All that the workflow trains and tells of it.
STUDY = [
    rules.check_inputs.output.found,
    rules.write_summary.output.page,
    rules.write_summary.output.numbers,
    *rules.write_cases.output,
    *BUNDLES,
    *TABLES,
    *runs(rules.evaluate_regions.output.json),
    *rules.plot_times.output,
    *FIGURES,
]
