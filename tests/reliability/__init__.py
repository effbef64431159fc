"""Tests of what must not be lost, doubled or done by half, whatever fails."""
