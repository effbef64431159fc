"""Tests of faults on demand: what clients see on the wire."""
