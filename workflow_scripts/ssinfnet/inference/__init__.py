"""Trained networks at work: where they run, their weights, their maps."""
