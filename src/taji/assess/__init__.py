"""Floor 2: answers to scores, levels, and why."""
