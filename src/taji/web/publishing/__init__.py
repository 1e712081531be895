"""Portraits: made in the background, published, opened to the public, replayed by an auditor."""
