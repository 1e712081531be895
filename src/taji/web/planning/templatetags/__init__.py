"""Tags of this part for pages of others."""
