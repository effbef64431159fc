"""Problems of what was sent: its framing, fields, body or values."""

from api.rules.problems.problem import Problem


class MalformedJson(Problem):
    """The body is not JSON as RFC 8259 and RFC 7493 define it.

    `line` and `column` say where reading stopped. Send UTF-8 without a byte
    order mark, no duplicate members, no NaN or Infinity, at most 32 levels.
    """

    slug, status, title = "malformed-json", 400, "Malformed JSON"


class MalformedBody(Problem):
    """The body cannot be read as what its header fields say it is.

    It ends early, or its multipart, form, XML, gzip, charset or chunked framing
    is broken. Nothing was stored. Mend the body and send it again.
    """

    slug, status, title = "malformed-body", 400, "Malformed body"


class DigestMismatch(Problem):
    """The body does not have the digest that the request declares for it.

    It changed on the way, or the digest was taken over something else. Nothing
    was stored. Send it again.
    """

    slug, status, title = "digest-mismatch", 400, "Digest mismatch"


class InvalidHost(Problem):
    """The Host field is missing, repeated, or not a host (RFC 9112 §3.2).

    Send one Host field that names the server.
    """

    slug, status, title = "invalid-host", 400, "Invalid Host"


class InvalidParameter(Problem):
    """A query parameter is unknown, repeated, or has a value that it cannot have.

    `errors` names each of them. Nothing is dropped in silence: take away or
    mend the parameters named.
    """

    slug, status, title = "invalid-parameter", 400, "Invalid query parameter"


class InvalidCursor(Problem):
    """The cursor was not made by this server, or for another filter or order.

    Start again from the first page, and follow the links as they are given.
    """

    slug, status, title = "invalid-cursor", 400, "Invalid cursor"


class InvalidHeader(Problem):
    """A header field has a value that its definition does not allow.

    `errors` names the field and the fault.
    """

    slug, status, title = "invalid-header", 400, "Invalid header field"


class InvalidIdempotencyKey(Problem):
    """The Idempotency-Key is empty, too long, repeated, or has characters that it cannot have.

    Send one key of 1 to 255 visible ASCII characters, quoted or not.
    """

    slug, status, title = "invalid-idempotency-key", 400, "Invalid Idempotency-Key"


class RequestTimeout(Problem):
    """The request did not arrive in time, so the server stopped waiting.

    Nothing was stored. Send it again over a new connection.
    """

    slug, status, title = "request-timeout", 408, "Request timeout"


class ContentTooLarge(Problem):
    """The body is larger than this resource takes.

    `limit` is the most, in bytes. Nothing was stored.
    """

    slug, status, title = "content-too-large", 413, "Content too large"


class LengthRequired(Problem):
    """Over HTTP/2, a body that is stored needs a Content-Length.

    Without it, an upload that the client has cut off could look like a whole one. Nothing was
    stored. Send the request again with the length of its body in bytes.
    """

    slug, status, title = "length-required", 411, "Length required"


class UriTooLong(Problem):
    """The request target is longer than the server takes.

    `limit` is the most, in bytes.
    """

    slug, status, title = "uri-too-long", 414, "URI too long"


class UnsupportedMediaType(Problem):
    """The body's Content-Type is missing, or is none that this resource takes.

    `supported` lists those that it takes.
    """

    slug, status, title = "unsupported-media-type", 415, "Unsupported media type"


class UnsupportedEncoding(Problem):
    """The body's Content-Encoding is none that this resource takes.

    `supported` lists those that it takes. Send the body as it is, or with one of them.
    """

    slug, status, title = "unsupported-encoding", 415, "Unsupported content encoding"


class Invalid(Problem):
    """The body was understood, but what it says is not valid.

    `errors` names every fault at once, each with a JSON Pointer to the member.
    """

    slug, status, title = "invalid", 422, "Invalid content"


class IdempotencyKeyReused(Problem):
    """This Idempotency-Key was used before, for a request that was not the same.

    Make a new key for each new request; repeat a request with its own.
    """

    slug, status, title = "idempotency-key-reused", 422, "Idempotency-Key reused"


class HeaderFieldsTooLarge(Problem):
    """A header field is too large, or there are too many of them.

    `limit` is the most, in bytes for one field, or in fields (RFC 6585 §5).
    """

    slug, status, title = "header-fields-too-large", 431, "Header fields too large"
