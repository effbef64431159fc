"""Suites of others, written for httpbin, against ours: `python -m tests.judges.suites` (docs/conformance.md)."""
