"""What readers see: pages and the catalogue of problems."""
