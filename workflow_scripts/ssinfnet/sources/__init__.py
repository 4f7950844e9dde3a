"""Where slices come from: each source verifies its files and turns them into one slice store."""
