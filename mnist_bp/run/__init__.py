"""A run: its directory, and a training that can end at any moment and go on from there."""
