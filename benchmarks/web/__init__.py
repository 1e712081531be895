"""The platform with 100,000 firms, 100,000 responses and 20 people at once: ``make bench-web``."""
