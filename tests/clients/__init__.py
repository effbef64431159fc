"""Clients and tools by others, used with the server as its users would."""
