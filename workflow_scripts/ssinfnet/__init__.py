"""Lung infection on CT from few labels: self-supervised Inf-Net, from slices to severity."""
