"""Supervised training on labelled slices."""
