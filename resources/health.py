"""Probes for process managers and load balancers: whether the server is alive, and whether it is ready.

curl -i http://127.0.0.1:8000/readyz
"""

from typing import Literal

from api.kit import Answer, Resource, Strict, Unavailable, answers, current_request, no_parameters, services
from api.rules import environ_keys
from api.watch.readiness import DATABASE, MIGRATIONS, Readiness

SHUTDOWN = "shutdown"
# The detail for each part that fails; the log has the cause.
WORDS = {
    DATABASE: "The database cannot be reached.",
    MIGRATIONS: "The database is not at the revision that this version requires.",
    SHUTDOWN: "This server is stopping, and finishes its running requests.",
}
# Seconds: a result is never older than that.
RETRY_AFTER = "1"


class LiveOut(Strict):
    """The process is running."""

    status: Literal["alive"]


class ReadyOut(Strict):
    """The server can answer requests."""

    status: Literal["ready"]


class Livez(Resource):
    """Liveness: without an answer, restart the process."""

    paths = ("/livez",)
    noun = "health"
    caching = "no-store"
    for_probes = True
    in_spaces = False

    @answers(200, LiveOut)
    def get(self) -> Answer:
        """Check that the server is alive."""
        no_parameters()
        return {"status": "alive"}, 200, {}


class Readyz(Resource):
    """Readiness: if this fails, send requests elsewhere, or later."""

    paths = ("/readyz",)
    noun = "health"
    caching = "no-store"
    for_probes = True
    in_spaces = False

    @answers(200, ReadyOut)
    def get(self) -> Answer:
        """Check whether the server is ready for requests."""
        no_parameters()
        readiness: Readiness = services().readiness
        draining = current_request().environ.get(environ_keys.DRAINING, False)
        if failing := SHUTDOWN if draining else readiness.failing():
            raise Unavailable(WORDS[failing], failing=failing, headers={"Retry-After": RETRY_AFTER})
        return {"status": "ready"}, 200, {}
