"""Floor 4: where rows are computed."""
