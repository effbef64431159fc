"""Problems of the request: its framing, fields, body or values."""

from api.rules.problems.problem import Problem


class MalformedJson(Problem):
    """The body is not JSON as RFC 8259 and RFC 7493 define it.

    `line` and `column` are the position of the fault. Send UTF-8 without a byte
    order mark, without duplicate members, NaN or Infinity, at most 32 levels deep.
    """

    slug, status, title = "malformed-json", 400, "Malformed JSON"


class MalformedBody(Problem):
    """The body does not have the format that its header fields declare.

    It ends early, or its multipart, form, XML, gzip, charset or chunked framing
    is broken. Nothing was stored. Correct the body and send it again.
    """

    slug, status, title = "malformed-body", 400, "Malformed body"


class DigestMismatch(Problem):
    """The body does not match the digest that the request declares.

    The body was changed in transit, or the digest is of other content. Nothing
    was stored. Send it again.
    """

    slug, status, title = "digest-mismatch", 400, "Digest mismatch"


class InvalidHost(Problem):
    """The Host field is missing, repeated, or not a host (RFC 9112 §3.2).

    Send one Host field with the name of the server.
    """

    slug, status, title = "invalid-host", 400, "Invalid Host"


class InvalidParameter(Problem):
    """A query parameter is unknown, repeated, or has an invalid value.

    `errors` lists each of them. The server ignores none: remove or correct
    these parameters.
    """

    slug, status, title = "invalid-parameter", 400, "Invalid query parameter"


class InvalidCursor(Problem):
    """The cursor is not from this server, or is for another filter or order.

    Start again from the first page, and follow the links unchanged.
    """

    slug, status, title = "invalid-cursor", 400, "Invalid cursor"


class InvalidHeader(Problem):
    """A header field has an invalid value.

    `errors` lists the field and the fault.
    """

    slug, status, title = "invalid-header", 400, "Invalid header field"


class InvalidIdempotencyKey(Problem):
    """The Idempotency-Key is empty, too long, repeated, or has invalid characters.

    Send one key of 1 to 255 visible ASCII characters, quoted or not.
    """

    slug, status, title = "invalid-idempotency-key", 400, "Invalid Idempotency-Key"


class RequestTimeout(Problem):
    """The request did not arrive in time.

    Nothing was stored. Send it again over a new connection.
    """

    slug, status, title = "request-timeout", 408, "Request timeout"


class ContentTooLarge(Problem):
    """The body is larger than this resource accepts.

    `limit` is the maximum in bytes. Nothing was stored.
    """

    slug, status, title = "content-too-large", 413, "Content too large"


class LengthRequired(Problem):
    """Over HTTP/2, a body that is stored needs a Content-Length.

    Without it, an upload that the client has cut off could look like a whole one. Nothing was
    stored. Send the request again with the length of its body in bytes.
    """

    slug, status, title = "length-required", 411, "Length required"


class UriTooLong(Problem):
    """The request target is longer than the server accepts.

    `limit` is the maximum in bytes.
    """

    slug, status, title = "uri-too-long", 414, "URI too long"


class UnsupportedMediaType(Problem):
    """The body's Content-Type is missing, or this resource does not accept it.

    `supported` lists the accepted types.
    """

    slug, status, title = "unsupported-media-type", 415, "Unsupported media type"


class UnsupportedEncoding(Problem):
    """This resource does not accept the body's Content-Encoding.

    `supported` lists the accepted ones. Send the body unencoded, or with one of them.
    """

    slug, status, title = "unsupported-encoding", 415, "Unsupported content encoding"


class Invalid(Problem):
    """The format of the body is correct, but its content is not valid.

    `errors` lists all faults, each with a JSON Pointer to the member.
    """

    slug, status, title = "invalid", 422, "Invalid content"


class IdempotencyKeyReused(Problem):
    """This Idempotency-Key was used before, for a different request.

    Use a new key for each new request, and the same key to repeat a request.
    """

    slug, status, title = "idempotency-key-reused", 422, "Idempotency-Key reused"


class HeaderFieldsTooLarge(Problem):
    """A header field is too large, or there are too many of them.

    `limit` is the maximum: bytes of a field, or number of fields (RFC 6585 §5).
    """

    slug, status, title = "header-fields-too-large", 431, "Header fields too large"
