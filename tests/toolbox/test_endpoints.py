"""Each endpoint as httpbin answers: values that suites of clients compare, and the bounds."""

import json

import httpx
import pytest

pytestmark = pytest.mark.one_database


def test_json_is_in_the_form_of_httpbin(beside: httpx.Client) -> None:
    answer = beside.get("/anything/%C3%A9?b=2&a=1&b=3", headers={"X-Test-Header": "x", "Accept": "application/xml"})
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.text == json.dumps(answer.json(), indent=2, sort_keys=True) + "\n"
    assert '"Accept": "application/xml"' in answer.text
    found = answer.json()
    assert found["args"] == {"a": "1", "b": ["2", "3"]}
    assert found["headers"]["X-Test-Header"] == "x"
    assert found["url"].endswith("/httpbin/anything/é?b=2&a=1&b=3")
    assert "\\u00e9" in answer.text


@pytest.mark.parametrize(
    ("content", "kind", "shown"),
    [
        (b"abc", None, {"data": "abc", "json": None, "form": {}}),
        (b'{"a": [1]}', "text/plain", {"data": '{"a": [1]}', "json": {"a": [1]}}),
        (b"[NaN]", "application/json", {"json": None, "data": "[NaN]"}),
        (b"1e999", "application/json", {"json": None}),
        (b"[" * 100_000, "application/json", {"json": None}),
        (b"1" * 2000, "application/json", {"json": None}),
        (b"\xff\xfe", "image/png", {"data": "data:application/octet-stream;base64,//4="}),
        (b"a=1&a=2&b=", "application/x-www-form-urlencoded", {"form": {"a": ["1", "2"], "b": ""}, "data": ""}),
        (b"", None, {"data": "", "json": None}),
    ],
)
def test_bodies_are_shown(beside: httpx.Client, content: bytes, kind: str | None, shown: dict[str, object]) -> None:
    answer = beside.post("/post", content=content, headers={"Content-Type": kind} if kind else {})
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in shown} == shown


def test_files_and_chunked_bodies_are_shown(beside: httpx.Client) -> None:
    files = {"a": ("a.txt", b"text"), "b": ("b.bin", b"\xff", "image/png")}
    found = beside.put("/put", files=files, data={"c": "d"}).json()
    assert found["files"] == {"a": "text", "b": "data:image/png;base64,/w=="}
    assert found["form"] == {"c": "d"}
    found = beside.request("DELETE", "/delete", content=iter([b"ab", b"c"])).json()
    assert found["data"] == "abc"
    assert found["headers"]["Transfer-Encoding"] == "chunked"


@pytest.mark.parametrize("path", ["/anything/any%2Fpath", "/anything/a/b%2fc", "/base64/encode/a%2Fb"])
def test_an_encoded_slash_is_part_of_the_last_parameter(toolbox: httpx.Client, path: str) -> None:
    assert toolbox.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        *("/anything%2Fa", "/get%2F", "/delay%2F0", "/cookies/set/a%2Fb/c", "/anything/a%2F%2Fb", "/anything/..%2Fget"),
        *("/anything/a%5Cb", "/anything/a%00%2Fb"),
    ],
)
def test_another_encoded_slash_names_nothing(toolbox: httpx.Client, path: str) -> None:
    assert toolbox.get(path).status_code == 404


def test_fields_of_proxies_are_hidden_without_show_env(beside: httpx.Client) -> None:
    fields = {"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https", "Via": "x"}
    assert "X-Forwarded-For" not in beside.get("/headers", headers=fields).json()["headers"]
    assert beside.get("/headers?show_env=1", headers=fields).json()["headers"]["Via"] == "x"
    found = beside.get("/get", headers=fields).json()
    assert found["origin"] == "1.2.3.4"
    assert found["url"].startswith("https://")


def test_repeated_fields_are_joined_by_a_comma(beside: httpx.Client) -> None:
    found = beside.get("/headers", headers=[("X-A", "1"), ("X-A", "2"), ("Cookie", "a=1"), ("Cookie", "b=2")]).json()
    assert found["headers"]["X-A"] == "1,2"
    assert found["headers"]["Cookie"] == "a=1; b=2"


def test_small_inspections(beside: httpx.Client) -> None:
    assert beside.get("/user-agent", headers={"User-Agent": "a"}).json() == {"user-agent": "a"}
    without = httpx.Request("GET", f"{str(beside.base_url).rstrip('/')}/user-agent")
    assert beside.send(without).json() == {"user-agent": None}
    assert beside.get("/hostname").json() == {"hostname": "touchstone"}
    assert beside.get("/env").json() == {"env": {}}
    text = beside.post("/dump/request?a=%20", content=b"body", headers={"X-B": "c"}).text
    assert text.startswith("POST /httpbin/dump/request?a=%20 HTTP/1.1\r\n")
    assert "\r\nX-B: c\r\n" in text
    assert text.endswith("\r\n\r\nbody")


@pytest.mark.parametrize("code", [200, 201, 204, 299, 300, 304, 306, 400, 404, 418, 451, 500, 555, 599])
@pytest.mark.parametrize("method", ["GET", "POST", "TRACE"])
def test_any_final_status(beside: httpx.Client, method: str, code: int) -> None:
    answer = beside.request(method, f"/status/{code}")
    assert answer.status_code == code
    assert answer.content == b"" or code == 418
    assert ("Content-Type" in answer.headers) == (code not in (204, 304))


def test_statuses_have_their_fields(beside: httpx.Client) -> None:
    for code in (301, 302, 303, 305, 307, 308):
        assert beside.get(f"/status/{code}").headers["Location"] == "/httpbin/redirect/1"
    assert beside.get("/status/401").headers["WWW-Authenticate"] == 'Basic realm="Fake Realm"'
    assert "Proxy-Authenticate" in beside.get("/status/407").headers
    assert beside.get("/status/406").json()["accept"]
    assert beside.get("/status/402").text == "Payment required."
    assert "-=[ teapot ]=-" in beside.get("/status/418").text


@pytest.mark.parametrize(
    "target",
    [
        *(f"/status/{codes}" for codes in ("foo", "4!9", "100", "199", "600", "99999", "200:x", "200:-1", "200:nan")),
        "/status/200:0,500:0",
        "/status/" + ",".join(["200"] * 51),
        *(f"/redirect/{n}" for n in ("0", "-1", "abc", "101", "1.5", "1" * 30)),
        *(f"/absolute-redirect/{n}" for n in ("0", "x")),
        *(f"/relative-redirect/{n}" for n in ("0", "x")),
        "/redirect-to",
        "/redirect-to?url=/&status_code=abc",
        "/redirect-to?url=javascript:alert(1)",
        "/redirect-to?url=/%5Cevil.example",
        "/redirect-to?url=/a%0d%0aX:1",
        *(f"/delay/{n}" for n in ("abc", "-1", "nan", "inf", "1e19", "1e999", "1_0")),
        *(f"/drip?numbytes={n}" for n in ("0", "-1", "abc", "10485761")),
        *(f"/drip?code={n}" for n in ("99", "204", "304", "600")),
        "/drip?delay=6&duration=5",
        "/sse?count=0",
        "/sse?count=1001",
        "/sse?delay=6&duration=5",
        "/jsonl?jitter=2",
        "/unstable?failure_rate=2",
        "/unstable?failure_rate=nan",
        "/unstable?seed=x",
        "/bytes/x",
        "/bytes/-1",
        "/bytes/1?seed=" + "1" * 30,
        "/stream-bytes/1?chunk_size=0",
        "/stream/0",
        "/range/x",
        "/range/26?duration=11",
        "/cache/-1",
        "/cache/31536001",
        "/etag/%20",
        "/etag/" + "a" * 257,
        "/links/x",
        "/links/1/-1",
        "/base64/decode/a",
        *(
            f"/base64/SGVsbG8?content-type={kind}"
            for kind in ("%0d", "text", "text/plain%0d", "a%20b/c", "text/plain,a")
        ),
        "/api-key/k?in=body",
        "/api-key/k?name=a%20b",
        "/digest/user/passwd/SHA-1",
        "/digest-auth/auth/user/passwd/MD5/soon",
        "/base64/" + "a" * 5000,
        "/cookies/set/a%20b/c",
    ],
)
def test_a_wrong_parameter_is_400(beside: httpx.Client, target: str) -> None:
    answer = beside.get(target)
    assert answer.status_code == 400, answer.text
    assert answer.json()["type"] == "/problems/invalid-parameter"
    assert answer.json()["errors"][0]["parameter"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_a_wrong_status_is_400_with_any_method(beside: httpx.Client, method: str) -> None:
    answer = beside.request(method, "/status/foo")
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-parameter")


@pytest.mark.parametrize("rate", [0, 1])
def test_an_unstable_answer_fails_at_its_rate(beside: httpx.Client, rate: int) -> None:
    answers = {beside.get("/unstable", params={"failure_rate": rate}).status_code for _ in range(5)}
    assert answers == {500 if rate else 200}


@pytest.mark.parametrize("target", ["/delay/1e-3", "/delay/0.00012345678901234567", "/unstable?failure_rate=0e1"])
def test_fractions_may_have_an_exponent_as_in_httpbin(beside: httpx.Client, target: str) -> None:
    assert beside.get(target).status_code == 200


def test_redirects_lead_to_get(toolbox: httpx.Client, mount: str) -> None:
    for path in ("/redirect/20", "/relative-redirect/5", "/absolute-redirect/3", "/redirect/3?absolute=true"):
        answer = toolbox.get(path, follow_redirects=True)
        assert answer.url.path == f"{mount}/get"
        assert answer.status_code == 200
    assert toolbox.get("/redirect/1").headers["Location"] == f"{mount}/get"
    absolute = toolbox.get("/absolute-redirect/2")
    assert absolute.headers["Location"].startswith(f"http://{toolbox.base_url.netloc.decode()}{mount}/")
    assert absolute.headers["Cache-Control"] == "no-store"


def test_redirect_to_is_verbatim(beside: httpx.Client) -> None:
    for url, location in (
        ("get", "get"),
        ("/post", "/post"),
        ("http://a.example/x", None),
        ("%C3%A9%20a", "%C3%A9%20a"),
    ):
        assert beside.get(f"/redirect-to?URL={url}").headers["Location"] == (location or url)
    assert beside.post("/redirect-to?url=/post&status_code=307", content=iter([b"abc"])).status_code == 307
    assert beside.get("/redirect-to?url=/&status_code=599").status_code == 302


def test_response_headers_are_those_asked_for(beside: httpx.Client) -> None:
    answer = beside.get("/response-headers?A=b&A=c&D=%C3%A9")
    assert answer.headers.get_list("a") == ["b", "c"]
    found = answer.json()
    assert (found["A"], found["D"], found["Content-Length"]) == (["b", "c"], "é", answer.headers["Content-Length"])
    assert beside.post("/response-headers?Content-Type=text/plain").headers["Content-Type"] == "text/plain"


def test_cookies_are_set_shown_and_deleted(toolbox: httpx.Client, mount: str) -> None:
    toolbox.cookies.clear()
    answer = toolbox.get("/cookies/set?a=1&b=two%20words&attr[HttpOnly]=true&attr[SameSite]=lax&attr[Max-Age]=60")
    assert answer.headers["Location"] == f"{mount}/cookies"
    for line in answer.headers.get_list("set-cookie"):
        assert "HttpOnly" in line
        assert "SameSite=Lax" in line
        assert f"Path={mount or '/'}" in line
    assert toolbox.get("/cookies/set/c/d", follow_redirects=True).json()["cookies"]["c"] == "d"
    found = toolbox.get("/cookies").json()["cookies"]
    assert (found["a"], found["b"]) == ("1", "two words")
    assert toolbox.get("/cookies/delete?a", follow_redirects=True).json()["cookies"].keys() == {"b", "c"}
    toolbox.cookies.clear()
