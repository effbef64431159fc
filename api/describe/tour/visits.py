"""The parts of the tour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain

from api.describe.steps import ACCOUNT, Login


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of the tour.

    `shows` says in plain English what the request shows, `look` what to look at in the answer. `path`, `query`,
    `fields`, `body` and `form` can contain variables (`{{article_id}}`). `tests` has a JavaScript check by its title.
    `starts` has variables that are set before the request, `keeps` those set after it, each with its value in
    JavaScript.
    """

    name: str
    method: str = "GET"
    path: str
    shows: str
    look: tuple[str, ...]
    status: int = 200
    tests: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    form: Mapping[str, str] = field(default_factory=dict)
    login: Login = ACCOUNT
    starts: Mapping[str, str] = field(default_factory=dict)
    keeps: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """A stable name, which recorded answers have too."""
        words = "".join(each if each.isalnum() else " " for each in self.name.lower()).split()
        return f"tour.{'-'.join(words)}"

    @property
    def sets(self) -> list[str]:
        """The variables that it sets."""
        return list(chain(self.starts, self.keeps))


# Name, description, requests.
Folder = tuple[str, str, tuple[Visit, ...]]

AS_JSON = {"Content-Type": "application/json"}
AS_PATCH = {"Content-Type": "application/merge-patch+json"}


def field_is(name: str, value: str) -> str:
    """The check that a header field of the answer has this value."""
    return f'pm.response.to.have.header("{name}", "{value}")'


def has_field(name: str) -> str:
    """The check that the answer has a header field."""
    return f'pm.response.to.have.header("{name}")'


def equal(found: str, expected: str) -> str:
    """The check that two JavaScript values are equal."""
    return f"pm.expect({found}).to.eql({expected})"


def refused(slug: str) -> dict[str, str]:
    """The test that the answer is this problem."""
    check = f'pm.expect(pm.response.json().type).to.include("/problems/{slug}")'
    return {f"The problem is {slug}": check}
