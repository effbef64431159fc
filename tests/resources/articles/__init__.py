"""Tests of `/articles` and `/articles/<id>`."""
