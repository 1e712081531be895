"""Floor 3: who takes what: experts to firms, needs to providers."""
