"""Floor 3: what to do next: the roadmap of a firm, the portfolio of a city."""
