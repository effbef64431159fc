"""The requests of go-httpbin's handler tests (697b6e3): the same status here, or a difference with its reason."""

import httpx
import pytest

from tests.servers import Server

pytestmark = pytest.mark.one_database

SAME = {
    200: """/get /env /forms/post /encoding/utf8 /ip /user-agent /headers /anything /anything/else /image/jpeg
        /image/png /image/webp /image/svg /response-headers /cookies /gzip /deflate /brotli /stream/20
        /stream/100 /stream/1000 /delay/0 /delay/0.01 /range/100 /range/26 /html /robots.txt /deny /cache
        /cache/60 /etag/abc /bytes/0 /bytes/1 /bytes/1024 /bytes/16?seed=1234567890 /bytes/16?seed=-12345
        /stream-bytes/256 /stream-bytes/256?chunk_size=1 /stream-bytes/256?chunk_size=7
        /stream-bytes/256?chunk_size=512 /links/1/0 /links/2/1 /links/2/2 /links/2/10 /image /xml /uuid /json
        /hostname /version /unstable?failure_rate=0 /status/200:0.7 /dump/request?foo=bar
        /base64/dmFsaWRfYmFzZTY0X2VuY29kZWRfc3RyaW5n /base64/decode/YWJjMTIzIT8kKiYoKSctPUB- /base64/encode/valid
        /base64/dGVzdC1pbWFnZQ== /base64/eyJzZXJ2ZXIiOiAiZ28taHR0cGJpbiJ9Cg==?content-type=application/json
        /jsonl?count=1&duration=0.01 /jsonl?count=3&delay=0&duration=0.01&jitter=1""",
    302: "/links/1 /links/100 /redirect/1 /cookies/set?k=v /cookies/delete?k= /redirect-to?url=/get",
    307: "/redirect-to?url=/get&status_code=307",
    400: """/status/3.14 /status/foo /status/600 /status/1024 /status/100 /status/200:foo,500:1 /status/200:1,foo:1
        /unstable?failure_rate=foo /unstable?failure_rate=-1 /unstable?failure_rate=1.23 /unstable?seed=3.14
        /unstable?seed=foo /redirect-to /redirect-to?status_code=302 /stream/foo /stream/3.1415 /delay/foo /delay/1.5s
        /delay/-1ms /delay/-1 /delay/-3.14 /drip?duration=-1ms /drip?duration=1001 /drip?duration=-1 /drip?duration=foo
        /drip?delay=-1 /drip?delay=1001 /drip?delay=foo /drip?numbytes=foo /drip?numbytes=0 /drip?numbytes=-1
        /drip?numbytes=0xff /drip?numbytes=99999999 /drip?code=foo /drip?code=-1 /drip?code=25 /drip?code=600
        /drip?code=100 /range/foo /range/1.5 /range/100?duration=-1 /range/100?duration=XYZ /range/100?duration=2h
        /cache/foo /cache/3.14 /bytes/foo /bytes/3.14 /bytes/16?seed=12345678901234567890 /bytes/16?seed=foo
        /bytes/16?seed=3.14 /bytes/-1 /stream-bytes/foo /stream-bytes/3.1415 /stream-bytes/16?chunk_size=foo
        /stream-bytes/16?chunk_size=3.14 /links/3.14 /links/1/3.14 /links/1/foo /base64/decode/invalid_base64_string
        /jsonl?count=foo /jsonl?count=3.14 /jsonl?duration=foo /jsonl?delay=foo /jsonl?duration=5&delay=8
        /jsonl?jitter=-0.1 /jsonl?jitter=1.5 /jsonl?jitter=abc /sse?duration=foo /sse?duration=-1 /sse?duration=1001
        /sse?delay=foo /sse?count=foo /sse?count=0 /sse?count=-1 /sse?count=0xff /sse?count=1001 /sse?jitter=1.5""",
    401: """/basic-auth/user/pass /bearer /digest-auth/auth/user/pass /digest-auth/auth/user/pass/MD5
        /digest-auth/auth/user/pass/SHA-256""",
    404: """/foo /status /status/ /status/200/foo /basic-auth/user /basic-auth/user/pass/extra /hidden-basic-auth
        /hidden-basic-auth/user /hidden-basic-auth/user/pass /hidden-basic-auth/user/pass/extra /digest-auth/user
        /digest-auth/user/pass /stream /stream/10/foo /delay /delay/1/foo /range/1/foo /range/ /cache/60/foo
        /etag/foo/bar /bytes /bytes/16/foo /stream-bytes /stream-bytes/10/foo /links/10/1/foo /image/raw /image/jpg
        /image/png/foo /base64/""",
    405: "/post /put /patch /delete /upload",
}
# Target: the status of go-httpbin, that here, and the reason.
DIFFERENT = {
    "/redirect-to?url=/get&status_code=201": (400, 302, "httpbin ignores a status that is none of a redirect"),
    "/redirect-to?url=/get&status_code=418": (400, 302, "httpbin ignores a status that is none of a redirect"),
    "/redirect-to?url=foo": (403, 302, "httpbin sends any URL as it is"),
    "/basic-auth": (404, 401, "Postman Echo has it"),
    "/digest-auth": (404, 401, "Postman Echo has it"),
    "/digest-auth/auth/user/pass/MD5/foo": (404, 400, "the parameter is httpbin's stale_after"),
    "/digest-auth/bad-qop/user/pass/MD5": (400, 401, "httpbin offers both for another word"),
    "/digest-auth/auth/user/pass/SHA-512": (400, 401, "httpbin has SHA-512"),
    "/range/-1": (400, 404, "httpbin: 404 for each number out of range"),
    "/bytes/99999999": (400, 200, "httpbin: at most 102,400 bytes are sent"),
    "/links/-1": (400, 302, "httpbin: less than 1 counts as 1"),
    "/links/257": (400, 302, "httpbin: more than 200 counts as 200"),
    "/links/2/-1": (200, 400, "an offset is 0 or more"),
    "/stream/0": (200, 400, "a number is 1 or more"),
    "/stream/-100": (200, 400, "a number is 1 or more"),
    "/stream-bytes/256?chunk_size=-10": (200, 400, "a number is 1 or more"),
    "/jsonl?count=0": (200, 400, "a number is 1 or more"),
    "/delay/100ms": (200, 400, "durations are numbers of seconds"),
    "/drip?duration=500ms&delay=500ms": (200, 400, "durations are numbers of seconds"),
    "/sse?duration=900ms&delay=0&count=2": (200, 400, "durations are numbers of seconds"),
    "/base64/unknown/dmFsaWQ=": (404, 200, "a value may have slashes, which are of the standard alphabet"),
    "/base64/invalid_base64_string": (400, 200, "httpbin: a hint"),
    "/websocket/echo": (400, 501, "there are no WebSockets"),
    "/trailers": (200, 501, "Granian sends none; `run.py httpbin` does"),
}


def test_each_request_has_the_status_of_go_httpbin_or_a_reason_for_another(server: Server) -> None:
    expected = {target: status for status, targets in SAME.items() for target in targets.split()}
    assert not expected.keys() & DIFFERENT.keys()
    expected |= {target: ours for target, (theirs, ours, _) in DIFFERENT.items() if theirs != ours}
    assert len(expected) > 200
    with httpx.Client(base_url=f"{server.url}/httpbin") as client:
        seen = {target: client.get(target).status_code for target in expected}
    assert {target: status for target, status in seen.items() if status != expected[target]} == {}
