"""Download the data sets, or generate the phantom, and turn each into one slice store."""

MEDSEG_FILES = [
    "tr_im.nii.gz",
    "tr_mask.nii.gz",
    "val_im.nii.gz",
    "rp_im.zip",
    "rp_msk.zip",
    "rp_lung_msk.zip",
]


rule generate_phantom:
    input:
        code=code("generate_phantom"),
    output:
        [f"{D}/phantom/medseg/{name}" for name in MEDSEG_FILES],
        f"{D}/phantom/ictcf/manifest.csv",
        f"{D}/phantom/ictcf/Patients.xlsx",
        provenance=f"{D}/phantom.provenance.json",
    log:
        f"{R}/logs/generate_phantom.log",
    benchmark:
        f"{R}/benchmarks/generate_phantom.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(phantom=CONFIG.phantom),
        out=lambda wildcards, output: Path(output[0]).parent.parent,
    message:
        "Generate the phantom data (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} --out-dir {params.out:q}"
        " --provenance {output.provenance:q} 2> {log:q}"


# What is downloaded does not depend on how: neither code nor params (a function of `input` is not tracked) of the
# downloads are watched, so that a finished one is never fetched again; `update` keeps it for the command to verify when the
# job runs all the same (--forceall, or two runs that share data_dir). They try again by themselves where that can help.
rule download_medseg:
    output:
        update(f"{D}/medseg/{{file}}"),
    log:
        f"{R}/logs/download_medseg/{{file}}.log",
    benchmark:
        f"{R}/benchmarks/download_medseg/{{file}}.tsv"
    wildcard_constraints:
        file="|".join(map(re.escape, MEDSEG_FILES)),
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=lambda wildcards, input: sections(download=CONFIG.download),
        script=lambda wildcards, input: script_file("download_medseg"),
    message:
        "Download MedSeg: {wildcards.file} (log: {log})"
    shell:
        "python {params.script:q} --config-json {params.config:q}"
        " --file {wildcards.file} --out {output:q} 2> {log:q}"


rule download_ictcf:
    input:
        table=given(CONFIG.patients.table),
    output:
        manifest=update(f"{D}/ictcf/manifest.csv"),
        table=update(ictcf_table_copy()),
    log:
        f"{R}/logs/download_ictcf.log",
    benchmark:
        f"{R}/benchmarks/download_ictcf.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=lambda wildcards, input: sections(download=CONFIG.download, patients=CONFIG.patients),
        script=lambda wildcards, input: script_file("download_ictcf"),
    message:
        "Download iCTCF, patient by patient (log: {log})"
    shell:
        "python {params.script:q} --config-json {params.config:q} --out {output.manifest:q} 2> {log:q}"


rule prepare_medseg:
    input:
        raw=[f"{medseg_dir()}/{name}" for name in MEDSEG_FILES],
        code=code("prepare_medseg"),
    output:
        slices=f"{R}/slices/medseg.h5",
        provenance=f"{R}/slices/medseg.provenance.json",
    log:
        f"{R}/logs/prepare_medseg.log",
    benchmark:
        f"{R}/benchmarks/prepare_medseg.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(labelled={"hu_window": CONFIG.labelled.hu_window}),
        raw=lambda wildcards, input: Path(input.raw[0]).parent,
    message:
        "Read and verify MedSeg (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q}"
        " --raw-dir {params.raw:q} --out {output.slices:q} --provenance {output.provenance:q} 2> {log:q}"


rule prepare_folder:
    input:
        code=code("prepare_folder"),
    output:
        slices=f"{R}/slices/folder.h5",
        provenance=f"{R}/slices/folder.provenance.json",
    log:
        f"{R}/logs/prepare_folder.log",
    benchmark:
        f"{R}/benchmarks/prepare_folder.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(labelled=without(CONFIG.labelled, "hu_window", "source", "folder")),
        content=tracked(CONFIG.labelled.folder if CONFIG.labelled.source == "folder" else None),
        folder=lambda wildcards, input: CONFIG.labelled.folder,
    message:
        "Read and verify the folder of slices (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q}"
        " --folder {params.folder:q} --out {output.slices:q} --provenance {output.provenance:q} 2> {log:q}"


rule prepare_unlabelled:
    input:
        code=code("prepare_unlabelled"),
    output:
        slices=f"{R}/slices/unlabelled.h5",
        provenance=f"{R}/slices/unlabelled.provenance.json",
    log:
        f"{R}/logs/prepare_unlabelled.log",
    benchmark:
        f"{R}/benchmarks/prepare_unlabelled.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(unlabelled=without(CONFIG.unlabelled, "folder", "patients")),
        content=tracked(CONFIG.unlabelled.folder),
        folder=lambda wildcards, input: CONFIG.unlabelled.folder,
    message:
        "Read and verify the slices without labels (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q}"
        " --folder {params.folder:q} --out {output.slices:q} --provenance {output.provenance:q} 2> {log:q}"


rule prepare_patients:
    input:
        pictures=[] if CONFIG.patients.source == "folder" else patients_manifest(),
        table=patients_table(),
        code=code("prepare_patients"),
    output:
        slices=f"{R}/slices/patients.h5",
        patients=f"{R}/slices/patients.csv",
        provenance=f"{R}/slices/patients.provenance.json",
    log:
        f"{R}/logs/prepare_patients.log",
    benchmark:
        f"{R}/benchmarks/prepare_patients.tsv"
    conda:
        "../envs/ssinfnet.yaml"
    params:
        config=sections(patients=without(CONFIG.patients, "source", "folder", "table")),
        content=tracked(CONFIG.patients.folder if CONFIG.patients.source == "folder" else None),
        pictures=lambda wildcards, input: (
            f"--folder {shlex.quote(CONFIG.patients.folder)}"
            if CONFIG.patients.source == "folder"
            else f"--manifest {shlex.quote(patients_manifest())}"
        ),
        table=options("table"),
    message:
        "Read and verify the patients' pictures and table (log: {log})"
    shell:
        "python {input.code[0]:q} --config-json {params.config:q} {params.pictures}"
        " {params.table} --out {output.slices:q} --patients {output.patients:q}"
        " --provenance {output.provenance:q} 2> {log:q}"
