"""The lives of processes: provenance, machine, locks, GPUs. Nothing here may change a number: no rule watches it."""
