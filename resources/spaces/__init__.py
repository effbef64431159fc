"""Spaces: isolated stores for tests. `/in/<space>/…` is the same API over the store of the space.

    curl -i http://127.0.0.1:8000/spaces -H 'Content-Type: application/json' -d '{"from": "seeded"}'

A new space takes a few milliseconds. Each has its own accounts, articles, keys and ids from 1, so parallel tests on one
server never see each other's rows. A space that nobody uses expires. It lives on the server that made it, and a power
cut may lose it.
"""
