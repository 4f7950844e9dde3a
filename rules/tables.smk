"""Tables II to V, and all methods compared."""

SINGLE_METRICS = rules.evaluate_single.output.json
PREDICTED_METRICS = rules.evaluate_multi.output.json.replace("{prior}", "predicted")
ORACLE_METRICS = rules.evaluate_multi.output.json.replace("{prior}", "oracle")
PUBLISHED = f"{SCRIPTS}/ssinfnet/report/published"
SEVERITY_METRICS = rules.score_severity.output.metrics
PATIENTS = rules.score_severity.output.patients
SCORED = [PATIENTS, rules.score_severity.output.slices, SEVERITY_METRICS]


rule compare_methods:
    input:
        single=runs(SINGLE_METRICS),
        predicted=runs(PREDICTED_METRICS, WITH_CLASSES),
        oracle=runs(ORACLE_METRICS, WITH_PRIOR),
        patients=runs(PATIENTS, WITH_SEVERITY),
        code=code("compare_methods"),
    output:
        table=report(
            f"{R}/tables/comparisons.csv",
            category="Tables",
            caption="captions/comparisons.rst",
            labels={"table": "Methods compared"},
        ),
        provenance=f"{R}/tables/comparisons.provenance.json",
    log:
        f"{R}/logs/compare_methods.log",
    benchmark:
        f"{R}/benchmarks/compare_methods.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(
            methods=methods_of(CONFIG.methods),
            severity=CONFIG.severity,
            split=only(CONFIG.split, "folds"),
        ),
        runs=lambda wildcards, input: " ".join(
            [
                run_options("single", SINGLE_METRICS),
                run_options("predicted", PREDICTED_METRICS, methods=WITH_CLASSES),
                run_options("oracle", ORACLE_METRICS, methods=WITH_PRIOR),
                run_options("patients", PATIENTS, methods=WITH_SEVERITY),
            ]
        ),
    message:
        "All pairs of methods (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} {params.runs}"
        " --out {output.table:q} --provenance {output.provenance:q} 2> {log:q}"


rule tabulate_results:
    input:
        single=runs(SINGLE_METRICS),
        predicted=runs(PREDICTED_METRICS, WITH_CLASSES),
        oracle=runs(ORACLE_METRICS, WITH_PRIOR),
        severity=[runs(file, WITH_SEVERITY) for file in SCORED],
        comparisons=rules.compare_methods.output[0],
        published=[f"{PUBLISHED}/table_{number}.csv" for number in (2, 3, 4, 5)],
        code=code("tabulate_results"),
    output:
        **{
            f"table_{number}": report(
                f"{R}/tables/table_{number}.csv",
                category="Tables",
                caption=f"captions/table_{number}.rst",
                labels={"table": title},
            )
            for number, title in {
                2: "II: infection",
                3: "III: classes, predicted prior",
                4: "IV: classes, oracle prior",
                5: "V: severity",
            }.items()
        },
        provenance=f"{R}/tables/tables_2_to_5.provenance.json",
    log:
        f"{R}/logs/tabulate_results.log",
    benchmark:
        f"{R}/benchmarks/tabulate_results.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(
            methods=methods_of(CONFIG.methods),
            split=only(CONFIG.split, "folds"),
            labelled=only(CONFIG.labelled, "source"),
            patients=only(CONFIG.patients, "source"),
        ),
        runs=lambda wildcards, input: " ".join(
            [
                run_options("single", SINGLE_METRICS),
                run_options("predicted", PREDICTED_METRICS, methods=WITH_CLASSES),
                run_options("oracle", ORACLE_METRICS, methods=WITH_PRIOR),
                run_options("severity", *SCORED, methods=WITH_SEVERITY),
            ]
        ),
    message:
        "Tables II to V (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} {params.runs}"
        " --comparisons {input.comparisons:q} --out-table-2 {output.table_2:q}"
        " --out-table-3 {output.table_3:q} --out-table-4 {output.table_4:q} --out-table-5 {output.table_5:q}"
        " --provenance {output.provenance:q} 2> {log:q}"


TABLES = [rules.tabulate_results.output[f"table_{number}"] for number in (2, 3, 4, 5)]


rule plot_comparisons:
    input:
        comparisons=rules.compare_methods.output[0],
        code=code("plot_comparisons"),
    output:
        report(
            f"{R}/figures/comparisons.png",
            category="Tables",
            caption=f"{CAPTIONS}/comparisons.rst",
            labels={"table": "Methods compared, figure"},
        ),
    log:
        f"{R}/logs/plot_comparisons.log",
    benchmark:
        f"{R}/benchmarks/plot_comparisons.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(severity=CONFIG.severity),
    message:
        "Differences between the methods (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q}"
        " --comparisons {input.comparisons:q} --out {output:q} 2> {log:q}"
