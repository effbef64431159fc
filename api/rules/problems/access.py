"""Problems of who asks, and how often."""

from api.rules.problems.problem import Problem


class Unauthenticated(Problem):
    """This needs credentials, and there are none that are good.

    Send `Authorization: Bearer …` with a token, or `Authorization: Basic …`
    with a user name and password.
    """

    slug, status, title = "unauthenticated", 401, "Credentials needed"


class InvalidToken(Problem):
    """The token is malformed, expired or revoked.

    Make a new one with your user name and password.
    """

    slug, status, title = "invalid-token", 401, "Invalid token"


class Forbidden(Problem):
    """Your credentials are good, but they do not allow this.

    Ask somebody who may: the owner of the resource, or an administrator.
    """

    slug, status, title = "forbidden", 403, "Forbidden"


class InsufficientScope(Problem):
    """The token lacks a scope that this needs.

    `required_scopes` names what it needs. Make a token that has them.
    """

    slug, status, title = "insufficient-scope", 403, "Insufficient scope"


class RateLimited(Problem):
    """You sent more requests than you may in this time.

    Wait as long as Retry-After says (RFC 6585 §4).
    """

    slug, status, title = "rate-limited", 429, "Rate limit reached"
