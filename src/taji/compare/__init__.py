"""Floor 3: peers, percentiles, segments, benchmarks, disclosure control."""
