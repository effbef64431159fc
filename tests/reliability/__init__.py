"""Tests that no failure loses, doubles or halves a write."""
