"""Tables, figures and the summary page of all runs."""

SINGLE_METRICS = rules.evaluate_single.output.json
PREDICTED_METRICS = rules.evaluate_multi.output.json.replace("{prior}", "predicted")
ORACLE_METRICS = rules.evaluate_multi.output.json.replace("{prior}", "oracle")
PREDICTED_TEST = rules.predict_test.output[0].replace("{prior}", "predicted")
METHODS = sections(methods={name: without(method) for name, method in CONFIG.methods.items()})
SEVERITY_METRICS = rules.score_severity.output.metrics


def severity_inputs(pattern):
    return runs(pattern) if has_severity() else []


rule tabulate_results:
    input:
        single=runs(SINGLE_METRICS),
        predicted=runs(PREDICTED_METRICS),
        oracle=runs(ORACLE_METRICS),
        severity=severity_inputs(SEVERITY_METRICS),
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
    params:
        config=METHODS,
        runs=lambda wildcards, input: " ".join(
            [
                run_options("single", SINGLE_METRICS),
                run_options("predicted", PREDICTED_METRICS),
                run_options("oracle", ORACLE_METRICS),
                run_options("severity", SEVERITY_METRICS) if has_severity() else "",
            ]
        ),
    log:
        f"{R}/logs/tabulate_results.log",
    conda:
        "../envs/ssinfnet.yaml"
    shell:
        "python workflow_scripts/tabulate_results.py --config-json {params.config:q} {params.runs}"
        " --out-table-2 {output.table_2:q} --out-table-3 {output.table_3:q}"
        " --out-table-4 {output.table_4:q} --out-table-5 {output.table_5:q} 2> {log:q}"


rule plot_learning:
    input:
        single=runs(final("single", "csv")),
        multi=runs(final("multi", "csv")),
        rounds=[round_tables(stage) for stage in ("single", "multi")],
        code=code("plot_learning"),
    output:
        epochs=report(
            f"{R}/figures/learning_curves.png",
            category="Training",
            caption="captions/learning_curves.rst",
            labels={"figure": "Learning curves"},
        ),
        rounds=report(
            f"{R}/figures/pretext_curves.png",
            category="Training",
            caption="captions/pretext_curves.rst",
            labels={"figure": "Pretext curves"},
        ),
    params:
        config=METHODS,
        epochs=lambda wildcards, input: run_options("epochs", "single:" + final("single", "csv")),
    log:
        f"{R}/logs/plot_learning.log",
    conda:
        "../envs/ssinfnet.yaml"
    shell:
        "python workflow_scripts/plot_learning.py --config-json {params.config:q} {params.epochs}"
        " --out-epochs {output.epochs:q} --out-rounds {output.rounds:q} 2> {log:q}"
