"""Slices in stores, their parts and folds, and what all stages agree on about them."""
