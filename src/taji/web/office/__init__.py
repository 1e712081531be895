"""The administrator's rooms: people, packs, settings, backup."""
