"""The firm's pages: the door, its rounds, the sheet, what comes of it."""
