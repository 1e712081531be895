"""The platform for programs: the same permissions as the pages."""
