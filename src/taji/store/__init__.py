"""Floor 4: files in, files out, and the manifest that lets any of them be checked."""
