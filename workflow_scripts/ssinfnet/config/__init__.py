"""The config: one module and frozen model per section, so that a new key touches one stage's code only."""
