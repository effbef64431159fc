"""Tests of what people install: the wheel, its pytest plugin, and the Node package."""
