"""Problems of the server, and of methods that it does not implement."""

from api.rules.problems.problem import Problem


class InternalError(Problem):
    """The server has an internal error.

    The log has the cause under the request id in `instance`.
    """

    slug, status, title = "internal-error", 500, "Internal error"


class NotImplementedHere(Problem):
    """The server does not implement this method, or this transfer coding.

    Method names are in capital letters (RFC 9110 §9.1).
    """

    slug, status, title = "not-implemented", 501, "Not implemented"


class Unavailable(Problem):
    """The server cannot answer now: it is overloaded, or its database is busy or unreachable.

    Nothing was done. Wait as long as Retry-After says, and send it again.
    """

    slug, status, title = "unavailable", 503, "Unavailable"


class InsufficientStorage(Problem):
    """There is no space left to store the request.

    Nothing was stored (RFC 4918 §11.5).
    """

    slug, status, title = "insufficient-storage", 507, "Insufficient storage"
