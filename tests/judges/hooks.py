"""What no schema can tell schemathesis of this server."""

import re
from base64 import b64encode
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit
from uuid import uuid4

import requests
import schemathesis
from hypothesis import strategies
from schemathesis.core.failures import AcceptedNegativeData, MalformedJson
from schemathesis.core.mutations import OperatorKind
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import MissingContentType, RejectedPositiveData

# Tags that may be there, and that may not.
schemathesis.openapi.format("entity-tags", strategies.sampled_from(["*", '"v1"', '"v2"', 'W/"v1"', '"v1", "v1.xml"']))
# Digests of other content would be refused, and digests of unknown algorithms are ignored (RFC 9530 §2).
schemathesis.openapi.format("sf-dictionary", strategies.sampled_from(["", "unixsum=30637", "adler=:AA==:"]))

# Refusals of good requests: what is good depends on what was sent before, on who asks, or on the time.
PROBLEMS = re.compile(
    "idempotency-key-reused .*"  # the key named another request
    "|malformed-body (application|text)/xml"  # an array, which is written as several roots
    "|(invalid|malformed-body) application/json-patch.*"  # what becomes of what is there
    "|.* application/x-www-form-urlencoded"  # a page's form has a token that came with the page
)
FAULTS = re.compile(
    "not_here fields"  # a member that this reader may not see
    "|(nul|no_text) .*"  # NUL, which no text holds
    "|out_of_range #.*"  # a time that is over, an integer beyond 2^53
    "|read_only #(/data)?/role"  # which administrators give
    r"|not_a_choice #(/data)?/scopes/\d+"  # one that only administrators have
    "|repeated sort"  # id and -id
)

# The id and the credentials of who is there to be changed or ended, so that those who are signed in can stay.
newcomers: list[tuple[int, str]] = []


def newcomer(case: Any) -> tuple[int, str]:
    """The newcomer; another, once that one was changed or ended."""
    if not newcomers:
        name = f"newcomer-{uuid4().hex[:16]}"
        account = {"username": name, "name": name, "email": f"{name}@example.org", "password": name}
        answer = requests.post(urljoin(case.operation.base_url, "/users"), json=account, timeout=20)
        newcomers.append((answer.json()["id"], f"Basic {b64encode(f'{name}:{name}'.encode()).decode()}"))
    return newcomers[0]


def changes_account(case: Any) -> bool:
    """Whether the request, if it succeeds, changes or ends the account of who sends it."""
    return case.path.startswith("/users/") and case.method in ("PUT", "PATCH", "DELETE") and bool(case.auth_identity)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Put what is true in place of what is made up and well formed, as a client would.

    Otherwise the refusal of one thing would hide what is answered to all the rest: of a cursor that no server
    signed, of the document's example of a key, of a change to somebody else's account.
    """
    if re.fullmatch("[A-Za-z0-9_-]{1,2048}", str(case.query.get("cursor", ""))):
        del case.query["cursor"]
    key = case.operation.headers.get("Idempotency-Key")
    if key and case.headers.get(key.name) in key.definition["schema"]["examples"]:
        case.headers[key.name] = str(uuid4())
    if changes_account(case):
        user_id, case.headers["Authorization"] = newcomer(case)
        if re.fullmatch("[1-9][0-9]{0,17}", str(case.path_parameters.get("user_id", ""))):
            case.path_parameters["user_id"] = user_id


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Part from the newcomer who was changed or ended."""
    if changes_account(case) and response.status_code < 300:
        newcomers.clear()


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Whether a failure is one: not if the document could not have told of it."""
    match failure:
        case AcceptedNegativeData():
            return not is_good_as_text(case, response)
        case MissingContentType() | MalformedJson():
            return "preference-applied" not in response.headers
        case RejectedPositiveData() if response.content:
            return not is_foreseen(response.json(), case.media_type)
    return True


def is_good_as_text(case: Any, response: Any) -> bool:
    """Whether only types were made wrong, which a query has not: `[0]` and `0` are one there, and `{}` is nothing."""
    sent = parse_qs(urlsplit(response.request.url).query)
    mutations = case.meta.phase.data.mutations
    return bool(mutations) and all(
        each.operator == OperatorKind.CHANGE_TYPE
        and each.parameter_location == ParameterLocation.QUERY
        and (each.original_value == "array" or each.parameter not in sent)
        for each in mutations
    )


def is_foreseen(problem: dict[str, Any], media_type: str | None) -> bool:
    """Whether a good request was refused for what no schema can tell."""
    slug = problem["type"].removeprefix("/problems/")
    faults = [f"{each['code']} {each.get('pointer') or each.get('parameter')}" for each in problem.get("errors", ())]
    known = bool(faults) and all(FAULTS.fullmatch(fault) for fault in faults)
    return known or bool(PROBLEMS.fullmatch(f"{slug} {media_type}"))
