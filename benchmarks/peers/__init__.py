"""Touchstone beside what else one would take for its jobs: the same data, the same client, one after another."""
