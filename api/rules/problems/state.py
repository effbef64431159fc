"""Problems of what is asked for: the resource, its methods, representations and state."""

from api.rules.problems.problem import Problem


class NotFound(Problem):
    """There is nothing here, or nothing that you may see.

    Check the path: letter case, leading zeros and a trailing slash all count.
    """

    slug, status, title = "not-found", 404, "Not found"


class MethodNotAllowed(Problem):
    """The resource exists, but it does not have this method.

    `allowed`, and the Allow field, list the methods that it has.
    """

    slug, status, title = "method-not-allowed", 405, "Method not allowed"


class NotAcceptable(Problem):
    """The resource has no representation that the Accept field allows.

    `available` lists the media types that it has. Nothing was done.
    """

    slug, status, title = "not-acceptable", 406, "Not acceptable"


class Conflict(Problem):
    """The request is sound, but the state of the resource does not allow it.

    Read the resource again, and decide on what you see.
    """

    slug, status, title = "conflict", 409, "Conflict"


class PatchConflict(Problem):
    """A JSON Patch names a path that is not there, or a `test` in it failed.

    Nothing was changed. Read the resource again and make a patch for what it is
    now (RFC 6902 §5, RFC 5789 §2.2).
    """

    slug, status, title = "patch-conflict", 409, "Patch conflict"


class IdempotencyInProgress(Problem):
    """A request with the same Idempotency-Key is still running.

    Wait as long as Retry-After says, then send it again with the same key.
    """

    slug, status, title = "idempotency-in-progress", 409, "A request with this key is still running"


class PreconditionFailed(Problem):
    """The resource is not in the state that the request asks for.

    Somebody changed it, or it is not there. Read it again, and repeat with its
    current tag (RFC 9110 §13).
    """

    slug, status, title = "precondition-failed", 412, "Precondition failed"


class RangeNotSatisfiable(Problem):
    """The range asked for lies outside the representation.

    `length` is its size in bytes.
    """

    slug, status, title = "range-not-satisfiable", 416, "Range not satisfiable"


class PreconditionRequired(Problem):
    """This server asks for If-Match on every change, so that nobody overwrites another's work.

    Read the resource, and send its ETag as If-Match (RFC 6585 §3).
    """

    slug, status, title = "precondition-required", 428, "Precondition required"
