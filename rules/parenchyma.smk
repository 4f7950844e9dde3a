"""Find the lungs of the patients' slices, shard by shard, and decide which of them to trust."""

PARENCHYMA = f"{R}/parenchyma/shard{{shard}}-of-{CONFIG.shards}"


rule extract_parenchyma:
    input:
        slices=rules.prepare_patients.output.slices,
        checked=PASSED,
        code=code("extract_parenchyma"),
    output:
        lungs=f"{PARENCHYMA}.h5",
        quality=f"{PARENCHYMA}.csv",
        provenance=f"{PARENCHYMA}.provenance.json",
    log:
        f"{R}/logs/extract_parenchyma/shard{{shard}}-of-{CONFIG.shards}.log",
    benchmark:
        f"{R}/benchmarks/extract_parenchyma/shard{{shard}}-of-{CONFIG.shards}.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(parenchyma=CONFIG.parenchyma),
        shards=lambda wildcards, input: CONFIG.shards,
    message:
        "Find the lungs, shard {wildcards.shard} (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} --slices {input.slices:q}"
        " --shard {wildcards.shard} --shards {params.shards}"
        " --out-lungs {output.lungs:q} --out-quality {output.quality:q} --provenance {output.provenance:q} 2> {log:q}"


rule clean_parenchyma:
    input:
        slices=rules.prepare_patients.output.slices,
        lungs=shards(rules.extract_parenchyma.output.lungs),
        quality=shards(rules.extract_parenchyma.output.quality),
        exclusions=given(CONFIG.cleaning.exclusions),
        code=code("clean_parenchyma"),
    output:
        quality=f"{R}/parenchyma/quality.csv",
        counts=f"{R}/parenchyma/counts.json",
        kept=report(
            f"{R}/parenchyma/contact_kept.png",
            category="Parenchyma",
            caption=f"{CAPTIONS}/contact_kept.rst",
            labels={"figure": "Slices kept"},
        ),
        rejected=report(
            f"{R}/parenchyma/contact_rejected.png",
            category="Parenchyma",
            caption=f"{CAPTIONS}/contact_rejected.rst",
            labels={"figure": "Slices rejected"},
        ),
        provenance=f"{R}/parenchyma/quality.provenance.json",
    log:
        f"{R}/logs/clean_parenchyma.log",
    benchmark:
        f"{R}/benchmarks/clean_parenchyma.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(cleaning=CONFIG.cleaning),
        exclusions=options("exclusions"),
    message:
        "Decide which lungs to trust (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} --slices {input.slices:q}"
        " --lungs {input.lungs:q} --quality {input.quality:q} {params.exclusions}"
        " --out-quality {output.quality:q} --out-counts {output.counts:q}"
        " --out-kept {output.kept:q} --out-rejected {output.rejected:q} --provenance {output.provenance:q} 2> {log:q}"
