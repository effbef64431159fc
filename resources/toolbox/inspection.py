"""Shows the received request: its parameters, header fields, body, address.

curl -i http://127.0.0.1:8000/httpbin/post -d greeting=hello
"""

from uuid import uuid4

from api.rules import environ_keys
from api.rules.tokens import without_tokens
from api.web.compat import Answer, Compat, Text, answers, current_request, services
from api.web.received import D7, GET, body, headers, origin, seen, without_credentials

TEXT = "text/plain"
# Bytes of an upload that are read at once.
PIECE = 256 * 1024


class Get(Compat):
    """What was received with GET."""

    paths = ("/get",)
    group = "Inspection"

    @answers(200, GET)
    def get(self) -> Answer:
        """Return the received parameters and header fields."""
        return seen(current_request(), *GET), 200, {}


class Head(Compat):
    """What was received with HEAD, without content."""

    paths = ("/head",)
    group = "Inspection"

    @answers(200, GET)
    def head(self) -> Answer:
        """Return the header fields of an answer to GET."""
        return seen(current_request(), *GET), 200, {}


class Sent(Compat):
    """What was received with a body."""

    group = "Inspection"

    @answers(200, D7)
    def post(self) -> Answer:
        """Return the received parameters, header fields and body."""
        return seen(current_request(), *D7), 200, {}


class Post(Sent):
    """What was received with POST."""

    paths = ("/post",)


class Put(Compat):
    """What was received with PUT."""

    paths = ("/put",)
    group = "Inspection"
    put = Sent.post


class Patch(Compat):
    """What was received with PATCH."""

    paths = ("/patch",)
    group = "Inspection"
    patch = Sent.post


class Delete(Compat):
    """What was received with DELETE."""

    paths = ("/delete",)
    group = "Inspection"
    delete = Sent.post


class Anything(Compat):
    """What was received with any method, at any path."""

    paths = ("/anything", "/anything/<path:anything>")
    example = {"anything": "any/path"}
    group = "Inspection"

    @answers(200, (*D7, "method"))
    def get(self, anything: str = "") -> Answer:
        """Return the received method, parameters, header fields and body."""
        found = seen(current_request(), *D7, "method")
        return found, 200, {}

    post = put = patch = delete = get


class ShownHeaders(Compat):
    """The received header fields."""

    paths = ("/headers",)
    group = "Inspection"
    parameters = (Text("show_env", "With any value, the fields that proxies add are shown too."),)

    @answers(200, ("headers",))
    def get(self, show_env: str | None) -> Answer:
        """Return the received header fields."""
        return {"headers": headers(current_request(), hidden=show_env is not None)}, 200, {}


class Ip(Compat):
    """The address of the client."""

    paths = ("/ip",)
    group = "Inspection"

    @answers(200, ("origin",))
    def get(self) -> Answer:
        """Return the address of the client."""
        return {"origin": origin(current_request())}, 200, {}


class UserAgent(Compat):
    """The User-Agent of the client."""

    paths = ("/user-agent",)
    group = "Inspection"

    @answers(200, ("user-agent",))
    def get(self) -> Answer:
        """Return the User-Agent field; null if it is absent."""
        return {"user-agent": headers(current_request()).get("User-Agent")}, 200, {}


class Uuid(Compat):
    """A random UUID."""

    paths = ("/uuid",)
    group = "Inspection"

    @answers(200, ("uuid",))
    def get(self) -> Answer:
        """Return a random UUID, of version 4."""
        return {"uuid": str(uuid4())}, 200, {}


class Upload(Compat):
    """The size of what was uploaded; nothing is kept."""

    paths = ("/upload",)
    group = "Inspection"
    largest = "max_body"

    @answers(200, (*GET, "method", "bytes_received"))
    def post(self) -> Answer:
        """Return the number of bytes in the body."""
        request = current_request()
        received = 0
        if request.environ.get(environ_keys.HAS_BODY) or request.content_length:
            while piece := request.environ["wsgi.input"].read(PIECE):
                received += len(piece)
        return {**seen(request, *GET, "method"), "bytes_received": received}, 200, {}

    put = patch = post


class DumpRequest(Compat):
    """The request as text."""

    paths = ("/dump/request",)
    group = "Inspection"

    @answers(200, TEXT)
    def get(self) -> Answer:
        """Return the request line, the header fields in the order sent, and the body, as text."""
        request = current_request()
        lines = [f"{request.sent_method} {without_tokens(request.sent_target)} {request.environ['SERVER_PROTOCOL']}"]
        lines += [f"{name.title()}: {without_credentials(request, name, value)}" for name, value in request.sent_fields]
        head = "\r\n".join((*lines, "", "")).encode("utf-8", "replace")
        return head + body(request), 200, {"Content-Type": TEXT}

    post = put = patch = delete = get


class Hostname(Compat):
    """The name that this server gives itself."""

    paths = ("/hostname",)
    group = "Inspection"

    @answers(200, ("hostname",))
    def get(self) -> Answer:
        """Return the name of the setting TOOLBOX_HOSTNAME, never that of the machine."""
        return {"hostname": services().settings.toolbox_hostname}, 200, {}


class Version(Compat):
    """The service."""

    paths = ("/version",)
    group = "Inspection"

    @answers(200, ("service",))
    def get(self) -> Answer:
        """Return the name of the service, without its version."""
        return {"service": "touchstone"}, 200, {}


class Env(Compat):
    """An empty environment."""

    paths = ("/env",)
    group = "Inspection"

    @answers(200, ("env",))
    def get(self) -> Answer:
        """Return no variable: the environment of the process is never read."""
        return {"env": {}}, 200, {}
