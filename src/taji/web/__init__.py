"""Floor 6: the platform. The only place that knows Django; formulas stay on their floors."""
