"""Fixtures: a space, on a server that allows faults everywhere."""

from tests.resources.spaces.conftest import space as space
