"""A person's own scans: list what the table holds, score it shard by shard, and make one table and page of all.

The folder of a scan is no output of a job, as its name is known only once its headers are read, and as a job that was
interrupted goes on with what is missing.
"""

SCANS = f"{R}/scans"
SCAN_SHARD = f"shard{{shard}}-of-{CONFIG.scans.shards}"
SCAN_TEMPLATES = [f"{SCRIPTS}/ssinfnet/scans/templates/{name}.html.j2" for name in ("style", "scan", "batch")]
# With a finished bundle there is nothing to train.
SCANS_ALONE = bool(CONFIG.scans.table) and CONFIG.scans.bundle not in CONFIG.methods


rule list_scans:
    input:
        table=given(CONFIG.scans.table),
        code=code("list_scans"),
    output:
        found=f"{SCANS}/list-{SCAN_SHARD}.json",
        provenance=f"{SCANS}/list-{SCAN_SHARD}.provenance.json",
    log:
        f"{R}/logs/list_scans/{SCAN_SHARD}.log",
    benchmark:
        f"{R}/benchmarks/list_scans/{SCAN_SHARD}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        content=content_of_scans,
        shards=lambda wildcards, input: CONFIG.scans.shards,
    message:
        "List the scans, shard {wildcards.shard} (log: {log})"
    shell:
        "python {input.code[0]:q} --table {input.table:q} --shard {wildcards.shard} --shards {params.shards}"
        " --out {output.found:q} --provenance {output.provenance:q} 2> {log:q}"


rule score_listed_scans:
    input:
        table=given(CONFIG.scans.table),
        lists=shards_of_scans(rules.list_scans.output.found),
        bundle=bundle_for_scans(),
        # The bundle says which networks it has.
        code=code("score_listed_scans", *networks.MODULES),
        templates=SCAN_TEMPLATES[:2],
    output:
        results=f"{SCANS}/results-{SCAN_SHARD}.json",
        provenance=f"{SCANS}/results-{SCAN_SHARD}.provenance.json",
    log:
        f"{R}/logs/score_listed_scans/{SCAN_SHARD}.log",
    benchmark:
        f"{R}/benchmarks/score_listed_scans/{SCAN_SHARD}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    threads: 1
    resources:
        gpu=GPU,
    params:
        config=sections(scans=without(CONFIG.scans, "table", "bundle", "shards")),
        shards=lambda wildcards, input: CONFIG.scans.shards,
    message:
        "Score the scans, shard {wildcards.shard} (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} --table {input.table:q} --lists {input.lists:q}"
        " --bundle {input.bundle:q} --shard {wildcards.shard} --shards {params.shards} --out {output.results:q}"
        " --gpus {resources.gpu} --threads {threads} --provenance {output.provenance:q} 2> {log:q}"


rule tabulate_scans:
    input:
        table=given(CONFIG.scans.table),
        lists=shards_of_scans(rules.list_scans.output.found),
        results=shards_of_scans(rules.score_listed_scans.output.results),
        bundle=bundle_for_scans(),
        code=code("tabulate_scans"),
        templates=[SCAN_TEMPLATES[0], SCAN_TEMPLATES[2]],
    output:
        table=f"{SCANS}/scans.csv",
        page=f"{SCANS}/scans.html",
        provenance=f"{SCANS}/scans.provenance.json",
    log:
        f"{R}/logs/tabulate_scans.log",
    benchmark:
        f"{R}/benchmarks/tabulate_scans.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    message:
        "Table and page of all scans (log: {log})"
    shell:
        "python {input.code[0]:q} --table {input.table:q} --lists {input.lists:q} --results {input.results:q}"
        " --bundle {input.bundle:q} --out-table {output.table:q} --out-page {output.page:q}"
        " --provenance {output.provenance:q} 2> {log:q}"


SCORED_SCANS = [rules.tabulate_scans.output.table, rules.tabulate_scans.output.page] if table_of_scans() else []
