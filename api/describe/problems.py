"""The catalogue of problems as documents: causes and advice."""

import inspect
from typing import Any

from api.rules.problems import Problem, catalogue


def explained(problem: type[Problem]) -> dict[str, Any]:
    """A problem's slug, status, title, cause (`happened`) and advice."""
    happened, _, advice = inspect.cleandoc(problem.__doc__ or "").partition("\n\n")
    return {
        "slug": problem.slug,
        "status": problem.status,
        "title": problem.title,
        "happened": " ".join(happened.split()),
        "advice": " ".join(advice.split()),
    }


def all_explained() -> list[dict[str, Any]]:
    """Every problem, in order of status and slug."""
    return [explained(problem) for problem in catalogue().values()]
