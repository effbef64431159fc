"""One file, or folder, a resource: its table, parsers, problems and Resource classes."""
