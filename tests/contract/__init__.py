"""Rules for every route."""
