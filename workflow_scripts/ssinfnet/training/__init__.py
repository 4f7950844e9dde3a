"""Losses, loops and checkpoints of training."""
