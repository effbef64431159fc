"""Hooks for schemathesis: knowledge about this server that no schema can express."""

import re
from base64 import b64encode
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import requests
import schemathesis
from hypothesis import strategies
from schemathesis.core.failures import AcceptedNegativeData, MalformedJson
from schemathesis.core.mutations import OperatorKind
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import MissingContentType, RejectedPositiveData

# Existing and unknown tags.
schemathesis.openapi.format("entity-tags", strategies.sampled_from(["*", '"v1"', '"v2"', 'W/"v1"', '"v1", "v1.xml"']))
# The server refuses digests of other content, and ignores digests of unknown algorithms (RFC 9530 §2).
schemathesis.openapi.format("sf-dictionary", strategies.sampled_from(["", "unixsum=30637", "adler=:AA==:"]))

# Refusals of valid requests: their result depends on earlier requests, on the account, or on the time.
PROBLEMS = re.compile(
    "idempotency-key-reused .*"  # the key named another request
    "|malformed-body (application|text)/xml"  # an array, which is written as several roots
    "|(invalid|malformed-body) application/json-patch.*"  # the result depends on the stored resource
    "|.* application/x-www-form-urlencoded"  # forms need the token of their page
)
FAULTS = re.compile(
    "not_here (fields|count)"  # a member that this reader cannot see; a number without `wait`
    "|not_here #(/data)?/schemas"  # schemas without collections
    "|bad_data .*"  # collections with a reserved name, or with ids that do not go together
    "|(nul|no_text) .*"  # NUL is not allowed in text
    "|out_of_range #.*"  # a time in the past, an integer beyond 2^53
    "|read_only #(/data)?/role"  # only administrators set it
    r"|not_a_choice #(/data)?/scopes/\d+"  # a scope for administrators only
    "|repeated sort"  # id and -id
)

# The id and credentials of an account that requests can change or delete; the signed-in accounts must remain.
newcomers: list[tuple[int, str]] = []


def newcomer(case: Any) -> tuple[int, str]:
    """The current newcomer; a new one if the last was changed or deleted."""
    if not newcomers:
        name = f"newcomer-{uuid4().hex[:16]}"
        account = {"username": name, "name": name, "email": f"{name}@example.org", "password": name}
        answer = requests.post(f"{case.operation.base_url.rstrip('/')}/users", json=account, timeout=20)
        newcomers.append((answer.json()["id"], f"Basic {b64encode(f'{name}:{name}'.encode()).decode()}"))
    return newcomers[0]


def changes_account(case: Any) -> bool:
    """Whether the request, if it succeeds, changes or deletes the account that sends it."""
    return case.path.startswith("/users/") and case.method in ("PUT", "PATCH", "DELETE") and bool(case.auth_identity)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Replace made-up values by real ones, as a client would.

    Otherwise one refusal would hide the check of everything else: for a cursor that no server signed, for the
    document's example key, or for a change of another account.
    """
    if re.fullmatch("[A-Za-z0-9_-]{1,2048}", str(case.query.get("cursor", ""))):
        del case.query["cursor"]
    if str(case.query.get("wait", "")).isdigit():
        case.query["wait"] = 0  # each valid one would wait for up to 30 seconds
    key = case.operation.headers.get("Idempotency-Key")
    if key and case.headers.get(key.name) in key.definition["schema"]["examples"]:
        case.headers[key.name] = str(uuid4())
    if changes_account(case):
        user_id, case.headers["Authorization"] = newcomer(case)
        if re.fullmatch("[1-9][0-9]{0,17}", str(case.path_parameters.get("user_id", ""))):
            case.path_parameters["user_id"] = user_id


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Forget a newcomer that was changed or deleted."""
    if changes_account(case) and response.status_code < 300:
        newcomers.clear()


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Whether a failure counts: it does not if the document cannot describe the case."""
    match failure:
        case AcceptedNegativeData():
            return not is_good_as_text(case, response)
        case MissingContentType() | MalformedJson():
            return "preference-applied" not in response.headers
        case RejectedPositiveData() if response.content:
            return not is_foreseen(response.json(), case.media_type)
    return True


def is_good_as_text(case: Any, response: Any) -> bool:
    """Whether only types are wrong. A query has no types: `[0]` and `0` are the same there, and `{}` is absent."""
    sent = parse_qs(urlsplit(response.request.url).query)
    mutations = case.meta.phase.data.mutations
    return bool(mutations) and all(
        each.operator == OperatorKind.CHANGE_TYPE
        and each.parameter_location == ParameterLocation.QUERY
        and (each.original_value == "array" or each.parameter not in sent)
        for each in mutations
    )


def is_foreseen(problem: dict[str, Any], media_type: str | None) -> bool:
    """Whether a valid request was refused for a reason that no schema can express."""
    slug = problem["type"].rpartition("/problems/")[2]
    faults = [f"{each['code']} {each.get('pointer') or each.get('parameter')}" for each in problem.get("errors", ())]
    known = bool(faults) and all(FAULTS.fullmatch(fault) for fault in faults)
    return known or bool(PROBLEMS.fullmatch(f"{slug} {media_type}"))
