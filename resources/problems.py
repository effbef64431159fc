"""The pages that explain each problem: the targets of `type` in problem documents.

curl -i http://127.0.0.1:8000/problems/not-found
"""

from api.describe.problems import all_explained, explained
from api.kit import Answer, Resource, Strict, answers, found, no_parameters
from api.rules.problems import catalogue


class ProblemOut(Strict):
    """A problem, its cause, and advice."""

    slug: str
    status: int
    title: str
    happened: str
    advice: str


class ProblemsOut(Strict):
    """All problems."""

    items: list[ProblemOut]


class Problems(Resource):
    """The problems that this server returns."""

    paths = ("/problems",)
    noun = "problem"

    @answers(200, ProblemsOut)
    def get(self) -> Answer:
        """List every problem."""
        no_parameters()
        return {"items": all_explained()}, 200, {}


class ProblemItem(Resource):
    """One problem, explained."""

    paths = ("/problems/<slug>",)
    example = {"slug": "not-found"}

    @answers(200, ProblemOut)
    def get(self, slug: str) -> Answer:
        """Explain a problem."""
        problem = found(catalogue().get(slug))
        no_parameters()
        return explained(problem), 200, {}
