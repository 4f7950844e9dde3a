"""The lungs of a slice: found, measured, trusted or not."""
