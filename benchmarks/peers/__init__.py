"""Compares Touchstone with its alternatives: the same data, the same client, one after another."""
