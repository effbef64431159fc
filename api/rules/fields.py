"""Header fields that stand on every answer (CONTRACT §3)."""

# An API's answers are data: a browser must neither guess their type nor run or frame them.
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
# Over TLS: a year without a plain request (RFC 6797).
HSTS = ("Strict-Transport-Security", "max-age=31536000")
