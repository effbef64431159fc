"""The pages that explain each problem: the targets of `type` in problem documents.

curl -i http://127.0.0.1:8000/problems/not-found
"""

from typing import Any

from api.describe.pages import page, policy
from api.describe.problems import all_explained, explained
from api.kit import (
    Answer,
    Resource,
    Strict,
    answers,
    current_request,
    found,
    link_prefix,
    no_parameters,
    representations,
)
from api.rules.media import HTML
from api.rules.problems import catalogue
from api.web.representations import Links


def as_page(data: Any, noun: str, links: Links) -> bytes:
    """The page of one problem."""
    return page("problem.html", problem=data, prefix=link_prefix())


def as_list(data: Any, noun: str, links: Links) -> bytes:
    """The page of all problems."""
    return page("problems.html", problems=data["items"], prefix=link_prefix())


def page_fields() -> dict[str, str]:
    """The Content-Security-Policy of a page; nothing for other representations."""
    return {"Content-Security-Policy": policy()} if current_request().representation == HTML else {}


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
    offers = {**representations.ITEM, HTML: as_list}

    @answers(200, ProblemsOut)
    def get(self) -> Answer:
        """List every problem."""
        no_parameters()
        return {"items": all_explained()}, 200, page_fields()


class ProblemItem(Resource):
    """One problem, explained."""

    paths = ("/problems/<slug>",)
    example = {"slug": "not-found"}
    offers = {**representations.ITEM, HTML: as_page}

    @answers(200, ProblemOut)
    def get(self, slug: str) -> Answer:
        """Explain a problem."""
        problem = found(catalogue().get(slug))
        no_parameters()
        return explained(problem), 200, page_fields()
