"""Checks that the published documents and pages match the server."""
