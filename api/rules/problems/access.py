"""Problems of authentication, permission and rate limits."""

from api.rules.problems.problem import Problem


class Unauthenticated(Problem):
    """This requires valid credentials.

    Send `Authorization: Bearer …` with a token, or `Authorization: Basic …`
    with a user name and password.
    """

    slug, status, title = "unauthenticated", 401, "Credentials needed"


class InvalidToken(Problem):
    """The token is malformed, expired or revoked.

    Create a new one with your user name and password.
    """

    slug, status, title = "invalid-token", 401, "Invalid token"


class Forbidden(Problem):
    """Your credentials are valid, but they do not allow this.

    Ask the owner of the resource, or an administrator.
    """

    slug, status, title = "forbidden", 403, "Forbidden"


class InsufficientScope(Problem):
    """The token lacks a scope that this requires.

    `required_scopes` lists the scopes. Create a token that has them.
    """

    slug, status, title = "insufficient-scope", 403, "Insufficient scope"


class RateLimited(Problem):
    """You sent more requests than this period allows.

    Wait as long as Retry-After says (RFC 6585 §4).
    """

    slug, status, title = "rate-limited", 429, "Rate limit reached"
