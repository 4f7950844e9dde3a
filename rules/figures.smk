"""Figures, and the list of those that the summary shows."""

PREDICTED_TEST, ORACLE_TEST = (
    rules.predict_classes.output[0].replace("{prior}", prior) for prior in ("predicted", "oracle")
)
PREDICTED_SCORES = rules.evaluate_multi.output.csv.replace("{prior}", "predicted")
# Of all pretext rounds: whose they are, a task's for the single network and a method's for the multi network, and the table.
ROUND_TABLES = [
    (task, seed, "single", f"{pretext_folder('single')}/{name}.csv".format(task=task, seed=seed))
    for task, seed in itertools.product(PRETEXT_RUNS, CONFIG.seeds)
    for name in rounds(task)
] + [
    (method, seed, "multi", f"{pretext_folder('multi')}/{name}.csv".format(method=method, seed=seed))
    for method, seed in itertools.product([name for name in PRETRAINED if name in WITH_CLASSES], CONFIG.seeds)
    for name in rounds(CONFIG.methods[method].pretext)
]
STUDENT_TABLES = [(name, student(name, "csv").replace("{fold}", "all")) for name in SELF_TRAINED]
METHODS_AND_LABELS = sections(methods=methods_of(CONFIG.methods), labels=CONFIG.labels)


rule plot_learning:
    input:
        epochs=[runs(final(stage, "csv"), TRAINED_HERE) for stage in STAGES],
        students=[runs(table, [name]) for name, table in STUDENT_TABLES],
        rounds=[table for *_, table in ROUND_TABLES],
        code=code("plot_learning"),
    output:
        epochs=report(
            f"{R}/figures/learning_curves.png",
            category="Training",
            caption=f"{CAPTIONS}/learning_curves.rst",
            labels={"figure": "Learning curves"},
        ),
        rounds=report(
            f"{R}/figures/pretext_curves.png",
            category="Training",
            caption=f"{CAPTIONS}/pretext_curves.rst",
            labels={"figure": "Pretext curves"},
        ),
    log:
        f"{R}/logs/plot_learning.log",
    benchmark:
        f"{R}/benchmarks/plot_learning.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(methods=methods_of(TRAINED_HERE)),
        epochs=lambda wildcards, input: " ".join(
            [
                *(run_options("epochs", final(stage, "csv"), before=stage, methods=TRAINED_HERE) for stage in STAGES),
                *(run_options("epochs", table, before="student", methods=[name]) for name, table in STUDENT_TABLES),
            ]
        ),
        rounds=lambda wildcards, input: " ".join(
            f"--rounds {name} {seed} {stage} {shlex.quote(table)}" for name, seed, stage, table in ROUND_TABLES
        ),
    message:
        "Learning curves (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} {params.epochs} {params.rounds}"
        " --out-epochs {output.epochs:q} --out-rounds {output.rounds:q} 2> {log:q}"


rule plot_overlays:
    input:
        slices=labelled_slices(),
        split=first_split(rules.split_slices.output[0]),
        single=runs(f"{SINGLE}/infection_test.h5"),
        predicted=runs(PREDICTED_TEST, WITH_CLASSES),
        oracle=runs(ORACLE_TEST, WITH_PRIOR),
        thresholds=runs(SINGLE_METRICS),
        code=code("plot_overlays"),
    output:
        single=report(
            f"{R}/figures/single_comparison.png",
            category="Predictions",
            caption=f"{CAPTIONS}/single_comparison.rst",
            labels={"figure": "Infection"},
        ),
        predicted=report(
            f"{R}/figures/multi_comparison.png",
            category="Predictions",
            caption=f"{CAPTIONS}/multi_comparison.rst",
            labels={"figure": "Classes"},
        ),
        oracle=report(
            f"{R}/figures/oracle_comparison.png",
            category="Predictions",
            caption=f"{CAPTIONS}/oracle_comparison.rst",
            labels={"figure": "Classes, oracle prior"},
        ),
    log:
        f"{R}/logs/plot_overlays.log",
    benchmark:
        f"{R}/benchmarks/plot_overlays.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=METHODS_AND_LABELS,
        runs=lambda wildcards, input: " ".join(
            [
                run_options("single", f"{SINGLE}/infection_test.h5"),
                run_options("predicted", PREDICTED_TEST, methods=WITH_CLASSES),
                run_options("oracle", ORACLE_TEST, methods=WITH_PRIOR),
                run_options("thresholds", SINGLE_METRICS),
            ]
        ),
    message:
        "Overlays (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q}"
        " --slices {input.slices:q} --split {input.split:q} {params.runs}"
        " --out-single {output.single:q} --out-predicted {output.predicted:q} --out-oracle {output.oracle:q} 2> {log:q}"


rule plot_worst_cases:
    input:
        slices=labelled_slices(),
        split=first_split(rules.split_slices.output[0]),
        single=runs(f"{SINGLE}/infection_test.h5"),
        single_scores=runs(rules.evaluate_single.output.csv),
        multi=runs(PREDICTED_TEST, WITH_CLASSES),
        multi_scores=runs(PREDICTED_SCORES, WITH_CLASSES),
        thresholds=runs(SINGLE_METRICS),
        code=code("plot_worst_cases"),
    output:
        table=report(
            f"{R}/tables/worst_cases.csv",
            category="Predictions",
            caption="captions/worst_cases_table.rst",
            labels={"figure": "Worst cases, table"},
        ),
        single=report(
            f"{R}/figures/worst_cases_single.png",
            category="Predictions",
            caption=f"{CAPTIONS}/worst_cases_single.rst",
            labels={"figure": "Worst cases, infection"},
        ),
        multi=report(
            f"{R}/figures/worst_cases_multi.png",
            category="Predictions",
            caption=f"{CAPTIONS}/worst_cases_multi.rst",
            labels={"figure": "Worst cases, classes"},
        ),
        provenance=f"{R}/tables/worst_cases.provenance.json",
    log:
        f"{R}/logs/plot_worst_cases.log",
    benchmark:
        f"{R}/benchmarks/plot_worst_cases.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=METHODS_AND_LABELS,
        runs=lambda wildcards, input: " ".join(
            [
                run_options("single", rules.evaluate_single.output.csv, f"{SINGLE}/infection_test.h5"),
                run_options("multi", PREDICTED_SCORES, PREDICTED_TEST, methods=WITH_CLASSES),
                run_options("thresholds", SINGLE_METRICS),
            ]
        ),
    message:
        "Worst cases (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q}"
        " --slices {input.slices:q} --split {input.split:q} {params.runs} --out-table {output.table:q}"
        " --out-single {output.single:q} --out-multi {output.multi:q} --provenance {output.provenance:q} 2> {log:q}"


rule plot_calibration:
    input:
        slices=labelled_slices(),
        single=runs(f"{SINGLE}/infection_test.h5"),
        code=code("plot_calibration"),
    output:
        figure=report(
            f"{R}/figures/calibration.png",
            category="Predictions",
            caption=f"{CAPTIONS}/calibration.rst",
            labels={"figure": "Calibration"},
        ),
        table=f"{R}/tables/calibration.csv",
        provenance=f"{R}/tables/calibration.provenance.json",
    log:
        f"{R}/logs/plot_calibration.log",
    benchmark:
        f"{R}/benchmarks/plot_calibration.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=METHODS_AND_LABELS,
        runs=lambda wildcards, input: run_options("single", f"{SINGLE}/infection_test.h5"),
    message:
        "Calibration of the infection maps (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q}"
        " --slices {input.slices:q} {params.runs}"
        " --out-figure {output.figure:q} --out-table {output.table:q} --provenance {output.provenance:q} 2> {log:q}"


rule plot_augmentation:
    input:
        slices=labelled_slices(),
        split=first_split(rules.split_slices.output[0]),
        code=code("plot_augmentation"),
    output:
        report(
            f"{R}/figures/augmentation.png",
            category="Training",
            caption=f"{CAPTIONS}/augmentation.rst",
            labels={"figure": "Augmentation"},
        ),
    log:
        f"{R}/logs/plot_augmentation.log",
    benchmark:
        f"{R}/benchmarks/plot_augmentation.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(
            methods={
                name: {"label": CONFIG.methods[name].family, **only(CONFIG.methods[name], "augmentation")}
                for name in TRAINED_HERE
            },
            labels=CONFIG.labels,
            labelled={"classes": CONFIG.labelled.classes},
            single={"training": {"size": CONFIG.single.training.size}},
        ),
        seed=lambda wildcards: min(CONFIG.seeds),
    message:
        "Augmented training slices (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} --seed {params.seed}"
        " --slices {input.slices:q} --split {input.split:q} --out {output:q} 2> {log:q}"


rule plot_severity:
    input:
        patients=runs(rules.score_severity.output.patients, WITH_SEVERITY),
        metrics=runs(SEVERITY_METRICS, WITH_SEVERITY),
        code=code("plot_severity"),
    output:
        classes=report(
            f"{R}/figures/severity.png",
            category="Severity",
            caption=f"{CAPTIONS}/severity.rst",
            labels={"figure": "Severity"},
        ),
        roc=report(
            f"{R}/figures/severity_roc.png",
            category="Severity",
            caption=f"{CAPTIONS}/severity_roc.rst",
            labels={"figure": "ROC curves"},
        ),
        regions=report(
            f"{R}/figures/severity_regions.png",
            category="Severity",
            caption=f"{CAPTIONS}/severity_regions.rst",
            labels={"figure": "CT severity score and regions"},
        ),
    log:
        f"{R}/logs/plot_severity.log",
    benchmark:
        f"{R}/benchmarks/plot_severity.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(methods=methods_of(WITH_SEVERITY)),
        runs=lambda wildcards, input: run_options(
            "severity", rules.score_severity.output.patients, SEVERITY_METRICS, methods=WITH_SEVERITY
        ),
    message:
        "Severity figures (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} {params.runs}"
        " --out-classes {output.classes:q} --out-roc {output.roc:q} --out-regions {output.regions:q} 2> {log:q}"


rule plot_label_budget:
    input:
        splits=splits(rules.split_slices.output[0]),
        single=runs(SINGLE_METRICS),
        predicted=runs(PREDICTED_METRICS, WITH_CLASSES),
        code=code("plot_label_budget"),
    output:
        figure=report(
            f"{R}/figures/label_budget.png",
            category="Predictions",
            caption=f"{CAPTIONS}/label_budget.rst",
            labels={"figure": "Label budgets"},
        ),
        table=f"{R}/tables/label_budget.csv",
        provenance=f"{R}/tables/label_budget.provenance.json",
    log:
        f"{R}/logs/plot_label_budget.log",
    benchmark:
        f"{R}/benchmarks/plot_label_budget.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(
            methods=methods_of(CONFIG.methods),
            split=only(CONFIG.split, "folds"),
        ),
        runs=lambda wildcards, input: " ".join(
            [
                run_options("single", rules.split_slices.output[0], SINGLE_METRICS),
                run_options("predicted", rules.split_slices.output[0], PREDICTED_METRICS, methods=WITH_CLASSES),
            ]
        ),
    message:
        "Dice against the number of labels (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} {params.runs}"
        " --out-figure {output.figure:q} --out-table {output.table:q} --provenance {output.provenance:q} 2> {log:q}"


FIGURES = [
    *([rules.plot_label_budget.output.figure] if len(BUDGETS) > 1 else []),
    *rules.plot_comparisons.output,
    *rules.plot_overlays.output,
    rules.plot_worst_cases.output.single,
    rules.plot_worst_cases.output.multi,
    rules.plot_calibration.output.figure,
    *(rules.plot_augmentation.output if TRAINED_HERE else []),
    *(rules.plot_learning.output if TRAINED_HERE else []),
]
# The first task of each kind is shown.
SHOWN_TASKS = list(
    {CONFIG.pretext.tasks()[task.partition("-")[0]].kind: task for task in reversed(PRETEXT_RUNS)}.values()
)[::-1]
FIGURES += expand(rules.plot_pretext.output.figure, task=SHOWN_TASKS, seed=CONFIG.seeds[0])
FIGURES += expand(rules.plot_pseudo_labels.output, method=SELF_TRAINED[:1], seed=CONFIG.seeds[0], fold="all")
if WITH_SEVERITY:
    FIGURES += [*rules.plot_severity.output, rules.clean_parenchyma.output.kept, rules.clean_parenchyma.output.rejected]
