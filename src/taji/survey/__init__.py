"""Floor 2: who is asked, what they answered, what it says about the city."""
