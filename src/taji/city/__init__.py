"""Floor 5: a synthetic city with known truth, for demo, teaching and proof."""
