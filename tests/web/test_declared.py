"""`@answers`: the refusals that it adds, and what it requires before the method runs."""

import pytest

from api import kit
from api.rules import problems
from api.web.declared import KEYED, answers, declared_by
from api.web.parsers import BODY, RequestParser
from api.web.patching import PatchParser
from tests.web.conftest import Serve


class Thing(kit.Strict):
    """A thing."""

    name: str


def refusals(**declaration):
    @answers(200, **declaration)
    def method(): ...

    return set(method.answers.refuses)


@pytest.mark.parametrize(
    ("declaration", "added"),
    [
        ({}, set()),
        ({"takes": RequestParser(Thing)}, set(BODY)),
        ({"takes": PatchParser(Thing)}, {*BODY, problems.PatchConflict}),
        ({"asks": RequestParser(Thing, "args")}, {problems.InvalidParameter}),
        ({"keyed": True}, set(KEYED)),
        ({"signed_in": True}, {problems.Unauthenticated}),
        ({"signed_in": "articles:write"}, {problems.Unauthenticated, problems.InsufficientScope}),
    ],
)
def test_a_declaration_adds_the_refusals_that_follow_from_it(declaration, added) -> None:
    assert refusals(**declaration) == added
    assert refusals(refuses=[problems.Conflict], **declaration) == {problems.Conflict, *added}


def test_a_list_can_refuse_a_cursor() -> None:
    from resources.articles.resource import Articles

    assert problems.InvalidCursor in declared_by(Articles, "GET").refuses


def test_a_method_that_requires_an_account_does_not_run_without_one(serve: Serve) -> None:
    ran = []

    class Guarded(kit.Resource):
        paths = ("/guarded",)

        @answers(200, signed_in=True)
        def get(self):
            ran.append(1)
            return {}, 200, {}

    answer = serve(Guarded).get("/guarded")
    assert (answer.status_code, ran) == (401, [])
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_kit_names_each_problem_and_documents_each_name() -> None:
    assert {name for name in problems.__all__ if name[0].isupper()} <= set(kit.__all__)
    assert not [name for name in kit.__all__ if not hasattr(kit, name)]
    told = kit.__doc__ or ""
    catalogue = {each.__name__ for each in problems.catalogue().values()} | {"Problem"}
    assert not [name for name in kit.__all__ if f"`{name}`" not in told and name not in catalogue]
