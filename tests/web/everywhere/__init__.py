"""A package, so that pytest knows where the city that its tests share is put away."""
