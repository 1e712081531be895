"""Floor 3: what to do next with limited means: the roadmap of a firm, the portfolio of a city."""
