"""Answers with the status in the path, in the proper form of that status.

curl -i http://127.0.0.1:8000/status/503
"""

from typing import Annotated, Any

from pydantic import WithJsonSchema

from api.kit import Answer, Invalid, Problem, Resource, Strict, answers, current_request, link_prefix, no_parameters
from api.rules.statuses import FIELDS, PHRASES
from api.web.representations import to_json

# A 1xx is not a final response, and clients cannot interpret an unknown code.
FINAL = tuple(code for code in PHRASES if code >= 200)
FinalStatus = Annotated[int, WithJsonSchema({"type": "integer", "enum": FINAL})]


class AskedFor(Problem):
    """The status in the path, as a problem."""

    def __init__(self, code: int, headers: tuple[tuple[str, str], ...]) -> None:
        super().__init__(f"You requested the status {code}.", headers=headers)
        # Other problems have these as class attributes. Here they depend on the path.
        vars(self).update(status=code, title=PHRASES[code], slug="about:blank")

    def document(self, request_id: str, prefix: str = "") -> dict[str, Any]:
        """The document; its type is `about:blank`, because it means only the status (RFC 9457 §4.2.1)."""
        return super().document(request_id, prefix) | {"type": "about:blank"}


class StatusOut(Strict):
    """The requested status, and its phrase in the registry."""

    status: int
    title: str


class Status(Resource):
    """Any status, in its proper form."""

    paths = ("/status/<int:code>",)
    example = {"code": "200"}
    caching = "no-store"
    prefers = False

    @answers(200, StatusOut, refuses=[AskedFor, Invalid], also=tuple(code for code in FINAL if code < 400))
    def get(self, code: FinalStatus) -> Answer:
        """Answer with the status in the path."""
        no_parameters()
        if code not in FINAL:
            detail = f"There is no final status {code} in the registry."
            raise Invalid(detail, errors=[{"pointer": "#/code", "code": "not_a_choice", "detail": detail}])
        if code >= 400:
            extra = (("Allow", ", ".join(self.allowed)),) if code == 405 else FIELDS.get(code, ())
            raise AskedFor(code, extra)
        data = None if code in (204, 205, 304) else {"status": code, "title": PHRASES[code]}
        return data, code, self.fields(code, data)

    post = put = patch = delete = get

    def fields(self, code: int, data: Any) -> dict[str, str]:
        """The header fields of a 2xx or 3xx."""
        if code == 201 or (300 <= code < 400 and code != 304):
            return {"Location": f"{link_prefix()}/status/200"}
        if code == 206:
            length = len(self.offers.get(current_request().representation, to_json)(data, self.noun, dict))
            return {"Content-Range": f"bytes 0-{length - 1}/{length}"}
        return {"ETag": '"status"'} if code == 304 else {}
