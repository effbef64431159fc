"""Header fields: those of every response (CONTRACT §3), and limits for those that clients send."""

# Responses of an API are data: browsers must not guess their type, run them, or show them in a frame.
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
# Over TLS: browsers then send no plain HTTP request for a year (RFC 6797).
HSTS = ("Strict-Transport-Security", "max-age=31536000")

# Members and parameters of one field, all its lines together. Browsers send at most 20, and each costs the server
# some microseconds: a request has room for 8,000, which would delay all other requests.
MOST_MEMBERS = 100
# Request fields that this server reads as lists or with parameters, by their WSGI variables (PEP 3333). Range is not
# one of them: several ranges are ignored, however many (CONTRACT §7).
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

    It counts commas and semicolons, including those within quotes. This is fast for values of any length.
    """
    return len(value) > MOST_MEMBERS and value.count(",") + value.count(";") > MOST_MEMBERS
