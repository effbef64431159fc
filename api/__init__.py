"""The machinery of Touchstone, in rooms: rules, store, front, web, watch, describe, commands."""
