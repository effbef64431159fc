"""The functions and objects that the front calls outside itself."""

from collections.abc import Callable
from dataclasses import dataclass
from wsgiref.types import WSGIEnvironment

from api.front.fault_plans import FaultPlans
from api.front.journal import Journal
from api.front.pool import Commits

# Called for each such answer with the environment, the status, and the type and length of the content.
OnAnswer = Callable[[WSGIEnvironment, int, str, int], object]
# Called with the environment of a request whose client gets no answer, or not all of it, and the reason.
OnUnanswered = Callable[[WSGIEnvironment, str], object]


@dataclass(frozen=True, slots=True)
class Hooks:
    """The functions and objects that the front calls outside itself.

    `on_refusal`, `on_repeat` (an answer from the cache) and `on_unanswered` are for requests whose end the application
    does not see. Requests may share `commits`. `faults` decides which requests meet faults, and `journal` keeps entries
    of requests. `version` returns a value that differs after each commit; without it, no answers are cached.
    """

    on_refusal: OnAnswer = lambda *_: None
    on_repeat: OnAnswer = lambda *_: None
    on_unanswered: OnUnanswered = lambda *_: None
    commits: Commits | None = None
    faults: FaultPlans | None = None
    journal: Journal | None = None
    version: Callable[[], object] | None = None
