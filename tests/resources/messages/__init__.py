"""Tests of the resource `/messages`."""
