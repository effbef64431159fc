"""Measurements, each with the command that repeats it in docs/performance.md."""
