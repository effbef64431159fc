"""Problems of the resource: its existence, methods, representations and state."""

from api.rules.problems.problem import Problem


class NotFound(Problem):
    """There is no resource here, or you are not allowed to see it.

    Check the path: letter case, leading zeros and a trailing slash matter.
    """

    slug, status, title = "not-found", 404, "Not found"


class NoSuchSpace(Problem):
    """There is no space with this id: it has expired, was deleted, or was made on another server.

    Make a space with POST /spaces. Spaces that nobody uses expire.
    """

    slug, status, title = "no-such-space", 404, "No such space"


class MethodNotAllowed(Problem):
    """The resource exists, but does not support this method.

    `allowed` and the Allow field list the supported methods.
    """

    slug, status, title = "method-not-allowed", 405, "Method not allowed"


class NotAcceptable(Problem):
    """The resource has no representation that the Accept field allows.

    `available` lists its media types. Nothing was done.
    """

    slug, status, title = "not-acceptable", 406, "Not acceptable"


class Conflict(Problem):
    """The request is valid, but the state of the resource does not allow it.

    Read the resource again, then decide what to do.
    """

    slug, status, title = "conflict", 409, "Conflict"


class PatchConflict(Problem):
    """The JSON Patch has a path that does not exist, or a `test` in it failed.

    Nothing was changed. Read the resource again, and create a patch for its
    current state (RFC 6902 §5, RFC 5789 §2.2).
    """

    slug, status, title = "patch-conflict", 409, "Patch conflict"


class IdempotencyInProgress(Problem):
    """A request with the same Idempotency-Key is still running.

    Wait as long as Retry-After says, then send it again with the same key.
    """

    slug, status, title = "idempotency-in-progress", 409, "A request with this key is still running"


class PreconditionFailed(Problem):
    """The resource is not in the state that the request requires.

    It was changed, or does not exist. Read it again, and repeat with its current
    tag (RFC 9110 §13).
    """

    slug, status, title = "precondition-failed", 412, "Precondition failed"


class RangeNotSatisfiable(Problem):
    """The requested range is outside the representation.

    `length` is its size in bytes.
    """

    slug, status, title = "range-not-satisfiable", 416, "Range not satisfiable"


class PreconditionRequired(Problem):
    """This server requires If-Match on every change, to prevent lost updates.

    Read the resource, and send its ETag as If-Match (RFC 6585 §3).
    """

    slug, status, title = "precondition-required", 428, "Precondition required"
