"""An answer with the header fields that the client wants.

curl -i 'http://127.0.0.1:8000/httpbin/response-headers?X-Answer=42'
"""

from http import HTTPStatus
from urllib.parse import parse_qsl

from api.rules.plain_json import written
from api.rules.planted import SANDBOX, escaped, fields_fault, is_active
from api.web.compat import JSON, Answer, Compat, Headers, answers, current_request, refusal


class ResponseHeaders(Compat):
    """The header fields that the parameters name."""

    paths = ("/response-headers",)
    group = "Response fields"

    @answers(200, "*/*")
    def get(self) -> Answer:
        """Answer with each parameter as a header field, and with JSON of all these fields."""
        query = current_request().query
        wanted = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
        if fault := fields_fault(wanted):
            raise refusal(*fault)
        fields = Headers(wanted)
        fields.setdefault("Content-Type", JSON)
        kind = fields["Content-Type"]
        shown: dict[str, str | list[str]] = {}
        for name in dict.fromkeys(name for name, _ in fields):
            values = fields.getlist(name)
            shown[name] = values[0] if len(values) == 1 else values
        content = with_own_length(shown, active=is_active(kind))
        if is_active(kind):
            fields["Content-Security-Policy"] = SANDBOX
        return content, HTTPStatus.OK, fields

    post = get


def with_own_length(shown: dict[str, str | list[str]], *, active: bool) -> bytes:
    """The JSON of fields and of its own length."""
    length = ""
    while True:
        content = written({**shown, "Content-Length": length})
        content = escaped(content) if active else content
        if str(len(content)) == length:
            return content
        length = str(len(content))
