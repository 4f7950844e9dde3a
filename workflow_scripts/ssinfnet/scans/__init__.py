"""A person's own scans: read, scored, measured and written."""
