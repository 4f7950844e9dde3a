"""Tables and figures of all runs."""

SINGLE_METRICS = rules.evaluate_single.output.json
PREDICTED_METRICS = rules.evaluate_multi.output.json.replace("{prior}", "predicted")
ORACLE_METRICS = rules.evaluate_multi.output.json.replace("{prior}", "oracle")
PREDICTED_TEST = rules.predict_test.output[0].replace("{prior}", "predicted")
PUBLISHED = "workflow_scripts/ssinfnet/published"
ROUND_TABLES = [(stage, f"{RUN}/{stage}/{name}.csv") for stage in STAGES for name in rounds()]
METHODS = sections(methods={name: without(method) for name, method in CONFIG.methods.items()})
SEVERITY_METRICS = rules.score_severity.output.metrics


rule tabulate_results:
    input:
        single=runs(SINGLE_METRICS),
        predicted=runs(PREDICTED_METRICS, WITH_CLASSES),
        oracle=runs(ORACLE_METRICS, WITH_CLASSES),
        severity=runs(SEVERITY_METRICS, WITH_SEVERITY),
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
    log:
        f"{R}/logs/tabulate_results.log",
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=METHODS,
        runs=lambda wildcards, input: " ".join(
            [
                run_options("single", SINGLE_METRICS),
                run_options("predicted", PREDICTED_METRICS, methods=WITH_CLASSES),
                run_options("oracle", ORACLE_METRICS, methods=WITH_CLASSES),
                run_options("severity", SEVERITY_METRICS, methods=WITH_SEVERITY),
            ]
        ),
    message:
        "Tables II to V (log: {log})"
    shell:
        "python workflow_scripts/tabulate_results.py --config-json {params.config:q} {params.runs}"
        " --out-table-2 {output.table_2:q} --out-table-3 {output.table_3:q}"
        " --out-table-4 {output.table_4:q} --out-table-5 {output.table_5:q} 2> {log:q}"


rule plot_learning:
    input:
        epochs=[runs(final(stage, "csv")) for stage in STAGES],
        rounds=[runs(table, PRETRAINED) for _, table in ROUND_TABLES],
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
    log:
        f"{R}/logs/plot_learning.log",
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=METHODS,
        epochs=lambda wildcards, input: " ".join(
            run_options("epochs", final(stage, "csv"), before=stage) for stage in STAGES
        ),
        rounds=lambda wildcards, input: " ".join(
            run_options("rounds", table, before=stage, methods=PRETRAINED) for stage, table in ROUND_TABLES
        ),
    message:
        "Learning curves (log: {log})"
    shell:
        "python workflow_scripts/plot_learning.py --config-json {params.config:q} {params.epochs} {params.rounds}"
        " --out-epochs {output.epochs:q} --out-rounds {output.rounds:q} 2> {log:q}"


rule plot_overlays:
    input:
        slices=labelled_slices(),
        split=rules.split_slices.output[0],
        single=runs(f"{SINGLE}/prior_test.h5"),
        multi=runs(PREDICTED_TEST, WITH_CLASSES),
        thresholds=runs(SINGLE_METRICS),
        code=code("plot_overlays"),
    output:
        single=report(
            f"{R}/figures/single_comparison.png",
            category="Predictions",
            caption="captions/single_comparison.rst",
            labels={"figure": "Infection"},
        ),
        multi=report(
            f"{R}/figures/multi_comparison.png",
            category="Predictions",
            caption="captions/multi_comparison.rst",
            labels={"figure": "Classes"},
        ),
    log:
        f"{R}/logs/plot_overlays.log",
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(
            methods={name: without(method) for name, method in CONFIG.methods.items()}, labels=CONFIG.labels
        ),
        runs=lambda wildcards, input: " ".join(
            [
                run_options("single", f"{SINGLE}/prior_test.h5"),
                run_options("multi", PREDICTED_TEST, methods=WITH_CLASSES),
                run_options("thresholds", SINGLE_METRICS),
            ]
        ),
    message:
        "Overlays (log: {log})"
    shell:
        "python workflow_scripts/plot_overlays.py --config-json {params.config:q}"
        " --slices {input.slices:q} --split {input.split:q} {params.runs}"
        " --out-single {output.single:q} --out-multi {output.multi:q} 2> {log:q}"


rule plot_severity:
    input:
        patients=runs(rules.score_severity.output.patients),
        metrics=runs(SEVERITY_METRICS),
        code=code("plot_severity"),
    output:
        classes=report(
            f"{R}/figures/severity.png",
            category="Severity",
            caption="captions/severity.rst",
            labels={"figure": "Severity"},
        ),
        roc=report(
            f"{R}/figures/severity_roc.png",
            category="Severity",
            caption="captions/severity_roc.rst",
            labels={"figure": "ROC curves"},
        ),
        regions=report(
            f"{R}/figures/severity_regions.png",
            category="Severity",
            caption="captions/severity_regions.rst",
            labels={"figure": "CT severity score and regions"},
        ),
    log:
        f"{R}/logs/plot_severity.log",
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=METHODS,
        runs=lambda wildcards, input: run_options("severity", rules.score_severity.output.patients, SEVERITY_METRICS),
    message:
        "Severity figures (log: {log})"
    shell:
        "python workflow_scripts/plot_severity.py --config-json {params.config:q} {params.runs}"
        " --out-classes {output.classes:q} --out-roc {output.roc:q} --out-regions {output.regions:q} 2> {log:q}"


FIGURES = [*rules.plot_learning.output, *rules.plot_overlays.output]
FIGURES += expand(rules.plot_masks.output.figure, method=PRETRAINED[:1], seed=CONFIG.seeds[0])
if WITH_SEVERITY:
    FIGURES += [*rules.plot_severity.output, rules.clean_parenchyma.output.kept, rules.clean_parenchyma.output.rejected]
