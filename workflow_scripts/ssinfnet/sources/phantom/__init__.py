"""The embedded phantom: chest-like slices with known lesions, in the layouts of the real data sets."""
