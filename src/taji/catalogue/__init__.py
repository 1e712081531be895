"""Floor 1: reads, checks and versions packs; hands out frozen specifications."""
