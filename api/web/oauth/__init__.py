"""The OAuth 2.0 server of the toolbox's auth lab: Authlib's grants and endpoints, with signed codes and tokens.

Imported at the first request that needs it, because Authlib and cryptography take a third of a second to import.
`demo` and `marks` do not need them.
"""
