"""Lung infection on CT from few labels: from download to severity and report.

`snakemake --cores all` runs the embedded phantom; `--configfile experiments/NAME.yaml` runs another experiment.
"""

from snakemake.utils import min_version

min_version("9.27")


include: "rules/location.smk"


configfile: DEFAULTS


# In a folder elsewhere, what its own config.yaml says is laid over the defaults.
if Path(OWN).is_file() and OWN != DEFAULTS:

    configfile: OWN


report: "rules/captions/workflow.rst"


include: "rules/common.smk"
include: "rules/runs.smk"
include: "rules/chains.smk"
include: "rules/scan_table.smk"
include: "rules/sources.smk"
include: "rules/split.smk"
include: "rules/checks.smk"
include: "rules/parenchyma.smk"
include: "rules/pretext.smk"
include: "rules/single.smk"
include: "rules/self_training.smk"
include: "rules/multi.smk"
include: "rules/external.smk"
include: "rules/evaluation.smk"
include: "rules/severity.smk"
include: "rules/tables.smk"
include: "rules/bundle.smk"
include: "rules/scans.smk"
include: "rules/figures.smk"
include: "rules/report.smk"


localrules:
    all,
    nnunet,
    download_medseg,
    download_ictcf,


rule all:
    default_target: True
    input:
        SCORED_SCANS,
        [] if SCANS_ALONE else STUDY,
