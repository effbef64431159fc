"""The status codes of HTTP and their phrases, independent of the Python version."""

from api.rules.authorization import ANY_SCHEME

# The IANA HTTP Status Code Registry, without 306 (reserved) and 104 (a temporary registration).
PHRASES: dict[int, str] = {
    100: "Continue",
    101: "Switching Protocols",
    102: "Processing",
    103: "Early Hints",
    200: "OK",
    201: "Created",
    202: "Accepted",
    203: "Non-Authoritative Information",
    204: "No Content",
    205: "Reset Content",
    206: "Partial Content",
    207: "Multi-Status",
    208: "Already Reported",
    226: "IM Used",
    300: "Multiple Choices",
    301: "Moved Permanently",
    302: "Found",
    303: "See Other",
    304: "Not Modified",
    305: "Use Proxy",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    411: "Length Required",
    412: "Precondition Failed",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    416: "Range Not Satisfiable",
    417: "Expectation Failed",
    418: "I'm a teapot",  # "(Unused)" in the registry, because many programs send it (RFC 9110 §15.5.19)
    421: "Misdirected Request",
    422: "Unprocessable Content",
    423: "Locked",
    424: "Failed Dependency",
    425: "Too Early",
    426: "Upgrade Required",
    428: "Precondition Required",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    451: "Unavailable For Legal Reasons",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
    506: "Variant Also Negotiates",
    507: "Insufficient Storage",
    508: "Loop Detected",
    510: "Not Extended",
    511: "Network Authentication Required",
}

# Header fields that RFC 9110 §15 requires, or that clients use, with each status.
FIELDS: dict[int, tuple[tuple[str, str], ...]] = {
    401: ANY_SCHEME,
    405: (("Allow", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"),),
    407: (("Proxy-Authenticate", 'Basic realm="touchstone"'),),
    415: (("Accept-Post", "application/json"),),
    416: (("Content-Range", "bytes */0"),),
    426: (("Upgrade", "HTTP/2.0"), ("Connection", "Upgrade")),
    429: (("Retry-After", "1"),),
    503: (("Retry-After", "1"),),
}

# The server below writes older phrases for these in its status lines.
_ON_THE_WIRE = {203: "Non Authoritative Information", 413: "Payload Too Large", 422: "Unprocessable Entity"}


def status_line(status: int) -> str:
    """The status code and its phrase as they are sent in the status line of HTTP/1.1: `422 Unprocessable Entity`."""
    return f"{status} {_ON_THE_WIRE.get(status) or PHRASES.get(status, '')}".rstrip()
