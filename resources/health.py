"""Whether the server is alive, and whether it is ready: for what starts, stops and restarts servers.

curl -i http://127.0.0.1:8000/readyz
"""

from typing import Literal

from flask import current_app

from api.rules.problems import Unavailable
from api.watch.readiness import DATABASE, MIGRATIONS, Readiness
from api.web.fields import Strict
from api.web.request import current_request, no_parameters
from api.web.resource import Answer, Resource, answers

SHUTDOWN = "shutdown"
# What a client is told of the part that fails; the log says why.
WORDS = {
    DATABASE: "The database cannot be reached.",
    MIGRATIONS: "The database is not at the revision that this version needs.",
    SHUTDOWN: "This server has been told to stop, and finishes what it has begun.",
}
# Seconds: a finding is no older than that.
RETRY_AFTER = "1"


class LiveOut(Strict):
    """That the process runs."""

    status: Literal["alive"]


class ReadyOut(Strict):
    """That requests can be answered."""

    status: Literal["ready"]


class Livez(Resource):
    """Whether the process runs and answers: if not, it is to be started anew."""

    paths = ("/livez",)
    noun = "health"
    caching = "no-store"
    for_probes = True

    @answers(200, LiveOut)
    def get(self) -> Answer:
        """Tell that the server is alive."""
        no_parameters()
        return {"status": "alive"}, 200, {}


class Readyz(Resource):
    """Whether requests may be sent here: if not, they are to be sent elsewhere, or later."""

    paths = ("/readyz",)
    noun = "health"
    caching = "no-store"
    for_probes = True

    @answers(200, ReadyOut)
    def get(self) -> Answer:
        """Tell whether the server is ready for requests."""
        no_parameters()
        readiness: Readiness = current_app.extensions["readiness"]
        draining = current_request().environ.get("touchstone.draining", False)
        if failing := SHUTDOWN if draining else readiness.failing():
            raise Unavailable(WORDS[failing], failing=failing, headers={"Retry-After": RETRY_AFTER})
        return {"status": "ready"}, 200, {}
