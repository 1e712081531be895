"""What to do next: a firm's roadmap, and the city's decisions, worked out in the background."""
