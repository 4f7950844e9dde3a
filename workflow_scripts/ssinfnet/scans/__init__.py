"""A person's own scans: found in what they give us, brought to one orientation, and back."""
