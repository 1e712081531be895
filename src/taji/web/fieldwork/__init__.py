"""Experts on site: a second track of answers, with evidence, beside the firm's own."""
