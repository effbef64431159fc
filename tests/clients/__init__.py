"""Programs of other people's making that talk to the server, as its users have them."""
