"""Sheets being filled: every answer saved as it is given, every version kept."""
