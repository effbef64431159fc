"""Own data: `run.py serve --data`, and the collections of spaces."""
