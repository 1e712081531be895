"""Floor 5: the bureau's verbs: draw a sample, assess, portray, verify."""
