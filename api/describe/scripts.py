"""The scripts of the conformance collection for Postman: the checks of each request, and its variables."""

from http import HTTPStatus
from string import Template
from typing import Any

import orjson

from api.describe.steps import Step

# Before each request. The name of the run is generated once, and makes its values differ from those of other runs.
ONCE_A_RUN = """\
if (pm.info.iteration !== Number(pm.collectionVariables.get("iteration") ?? -1)) {
    pm.collectionVariables.set("iteration", pm.info.iteration);
    pm.collectionVariables.set("run", Date.now().toString(36) + Math.random().toString(36).slice(2, 6).padEnd(4, "0"));
}"""

# After each request; `$problem` is the JSON Schema of problems.
FOR_ALL = Template("""\
pm.test("Has a request id", () => pm.response.to.have.header("X-Request-Id"));
pm.test("Forbids sniffing its type", () => pm.response.to.have.header("X-Content-Type-Options", "nosniff"));
pm.test("Has caching rules", () => pm.response.to.have.header("Cache-Control"));
pm.test("Varies by Accept", () => pm.expect(pm.response.headers.get("Vary")).to.include("Accept"));
if (pm.response.headers.get("Content-Type") === "application/problem+json" && pm.response.text()) {
    pm.test("Matches the schema of problems", () => pm.response.to.have.jsonSchema($problem));
}""")


def after_each(problem: Any) -> str:
    """The tests of every request; `problem` is the JSON Schema of problems."""
    return FOR_ALL.substitute(problem=quoted(problem))


def script(step: Step, shape: tuple[str, Any] | None) -> str:
    """The tests of a request; `shape` is the name and the JSON Schema of its answer."""
    phrase = HTTPStatus(step.status).phrase
    lines = [test(f"Status is {step.status} {phrase}", f"pm.response.to.have.status({step.status})")]
    for name, value in step.answered.items():
        said = f"{name} is {value}" if value else f"Has {name}"
        expected = ", ".join(quoted(each) for each in (name, value) if each)
        lines.append(test(said, f"pm.response.to.have.header({expected})"))
    if step.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        lines.append(test("Has no content", 'pm.expect(pm.response.text()).to.eql("")'))
    if step.problem and step.operation.method != "HEAD":
        type_ = quoted(f"/problems/{step.problem}")
        lines += [
            test("Is a problem document", 'pm.response.to.have.header("Content-Type", "application/problem+json")'),
            test(f"The problem is {step.problem}", f"pm.expect(pm.response.json().type).to.include({type_})"),
            test("The problem has the same status", f"pm.expect(pm.response.json().status).to.eql({step.status})"),
        ]
    if shape:
        name, schema = shape
        lines.append(test(f"Matches the schema {name}", f"pm.response.to.have.jsonSchema({quoted(schema)})"))
    if accepted := step.fields.get("Accept") if step.status < HTTPStatus.BAD_REQUEST else None:
        included = f'pm.expect(pm.response.headers.get("Content-Type")).to.include({quoted(accepted)})'
        lines.append(test("Has the requested type", included))
    if step.like_sent:
        lines.append(LIKE_SENT)
    lines += [f"pm.collectionVariables.set({quoted(name)}, {source(kept)});" for name, kept in step.keeps.items()]
    return "\n".join(lines)


LIKE_SENT = """\
pm.test("Has the values of the request", () => {
    const answered = pm.response.json();
    for (const [name, value] of Object.entries(JSON.parse(pm.request.body.raw))) {
        if (name in answered) pm.expect(answered[name]).to.eql(value);
    }
});"""


def test(says: str, checks: str) -> str:
    """One test in one line."""
    return f"pm.test({quoted(says)}, () => {checks});"


def source(kept: str) -> str:
    """The source of a value: a member of the body, a header field, or the last segment of Location."""
    if kept.startswith("body."):
        return f"pm.response.json(){kept.removeprefix('body')}"
    if kept == "Location":
        return 'pm.response.headers.get("Location").split("/").pop()'
    return f"pm.response.headers.get({quoted(kept)})"


def quoted(value: Any) -> str:
    """A value as a JavaScript literal."""
    return orjson.dumps(value).decode()
