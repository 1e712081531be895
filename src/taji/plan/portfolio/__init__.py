"""Floor 3: whom a city supports with what, under its limits and its floors of fairness."""
