"""Header fields: those that stand on every answer (CONTRACT §3), and bounds for those that clients send."""

# An API's answers are data: a browser must neither guess their type nor run or frame them.
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
# Over TLS: a year without a plain request (RFC 6797).
HSTS = ("Strict-Transport-Security", "max-age=31536000")

# Members and parameters of one field, all its lines together. Browsers send 20 at most, and each costs the server
# some microseconds: 8,000 of them, which fit into a request, would hold up everybody else.
MOST_MEMBERS = 100
# The request fields that this server reads as lists or with parameters, by their variables in WSGI (PEP 3333). Range is
# none of them: several ranges are ignored, however many (CONTRACT §7).
LISTS = {
    "HTTP_ACCEPT": "Accept",
    "HTTP_CONTENT_DIGEST": "Content-Digest",
    "HTTP_CONTENT_DISPOSITION": "Content-Disposition",
    "CONTENT_TYPE": "Content-Type",
    "HTTP_IF_MATCH": "If-Match",
    "HTTP_IF_NONE_MATCH": "If-None-Match",
    "HTTP_IF_RANGE": "If-Range",
    "HTTP_PREFER": "Prefer",
    "HTTP_REPR_DIGEST": "Repr-Digest",
    "HTTP_WANT_REPR_DIGEST": "Want-Repr-Digest",
    "HTTP_X_FORWARDED_FOR": "X-Forwarded-For",
}


def has_too_many_members(value: str) -> bool:
    """Whether the value of a field may have more than MOST_MEMBERS members and parameters.

    It counts commas and semicolons, also those within quotes: that takes no time, however long the value is.
    """
    return len(value) > MOST_MEMBERS and value.count(",") + value.count(";") > MOST_MEMBERS
