"""Floor 0: errors, bilingual text, identifiers, exact numbers."""
