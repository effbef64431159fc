"""Pure rules: what is true of HTTP, JSON and our own contract, without Flask, database or clock."""
