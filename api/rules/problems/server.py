"""Problems of the server's own, and of methods that it does not know."""

from api.rules.problems.problem import Problem


class InternalError(Problem):
    """The server met a fault of its own.

    The log has the cause under the request id that `instance` gives.
    """

    slug, status, title = "internal-error", 500, "Internal error"


class NotImplementedHere(Problem):
    """The server does not know this method, or this transfer coding.

    Method names are in capital letters (RFC 9110 §9.1).
    """

    slug, status, title = "not-implemented", 501, "Not implemented"


class Unavailable(Problem):
    """The server cannot answer just now: it is full, or its database is busy or away.

    Nothing was done. Wait as long as Retry-After says, and send it again.
    """

    slug, status, title = "unavailable", 503, "Unavailable"


class InsufficientStorage(Problem):
    """There is no room to keep what was sent.

    Nothing was stored (RFC 4918 §11.5).
    """

    slug, status, title = "insufficient-storage", 507, "Insufficient storage"
