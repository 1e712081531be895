"""Floor 6: the commands. A door: parses, calls one desk function, says what happened."""
