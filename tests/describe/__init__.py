"""What is published of the server, held against the server."""
