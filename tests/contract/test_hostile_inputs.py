"""Hostile bodies (CONTRACT §11, §8): the exact refusal on every route that parses, and nothing stored."""

import gzip

import pytest

from tests.contract.expect import refused

MIB = 1024 * 1024
PARSING = [
    ("POST", "/articles", "application/json"),
    ("PUT", "/articles/{id}", "application/json"),
    ("PATCH", "/articles/{id}", "application/merge-patch+json"),
    ("PATCH", "/articles/{id}", "application/json-patch+json"),
    ("POST", "/echo", "application/json"),
    ("PUT", "/echo/any", "application/problem+json"),
]
STORING = PARSING[:3]

MALFORMED = {
    "cut in a string": b'{"title": "a',
    "cut after a name": b'{"title"',
    "cut after a colon": b'{"title":',
    "cut after a member": b'{"title": "a", "body": "b"',
    "cut in a word": b'{"title": tru',
    "trailing comma": b'{"title": "a", "body": "b",}',
    "trailing comma in an array": b'{"title": "a", "body": "b", "tags": ["a",]}',
    "leading comma": b'{,"title": "a"}',
    "missing comma": b'{"title": "a" "body": "b"}',
    "missing colon": b'{"title" "a"}',
    "leading zero": b'{"title": 01}',
    "leading plus": b'{"title": +1}',
    "bare point": b'{"title": .5}',
    "ending point": b'{"title": 1.}',
    "hexadecimal": b'{"title": 0x1F}',
    "bare exponent": b'{"title": 1e}',
    "single quotes": b"{'title': 'a', 'body': 'b'}",
    "bare name": b'{title: "a", body: "b"}',
    "comment": b'{"title": "a", "body": "b"} // end',
    "block comment": b'/* a */ {"title": "a", "body": "b"}',
    "two values": b'{"title": "a", "body": "b"} {}',
    "trailing bracket": b'{"title": "a", "body": "b"}}',
    "wrong bracket": b'{"title": ["a"}',
    "line break in a string": b'{"title": "a\nb", "body": "b"}',
    "tab in a string": b'{"title": "a\tb", "body": "b"}',
    "NUL in a string": b'{"title": "a\x00b", "body": "b"}',
    "NUL after the end": b'{"title": "a", "body": "b"}\x00',
    "form feed": b'\x0c{"title": "a", "body": "b"}',
    "no-break space": b'\xc2\xa0{"title": "a", "body": "b"}',
    "unknown escape": b'{"title": "\\x41", "body": "b"}',
    "short escape": b'{"title": "\\u12", "body": "b"}',
    "true in capitals": b'{"title": TRUE}',
    "Python's None": b'{"title": None}',
    "undefined": b'{"title": undefined}',
    "NaN": b'{"title": NaN}',
    "Infinity": b'{"title": Infinity}',
    "minus Infinity": b'{"title": -Infinity}',
    "overflow": b'{"title": 1e999}',
    "negative overflow": b'{"title": -1e999}',
    "duplicate member": b'{"title": "a", "title": "b", "body": "c"}',
    "duplicate member, escaped": b'{"title": "a", "\\u0074itle": "b", "body": "c"}',
    "duplicate member, deep": b'{"title": {"a": 1, "a": 1}, "body": "c"}',
    "lone high surrogate": b'{"title": "\\ud800", "body": "b"}',
    "lone low surrogate": b'{"title": "a\\udc00", "body": "b"}',
    "surrogates the wrong way round": b'{"title": "\\udc00\\ud800", "body": "b"}',
    "lone surrogate in a name": b'{"title": "a", "body": "b", "\\ud800": 1}',
    "surrogate as UTF-8": b'{"title": "\xed\xa0\x80", "body": "b"}',
    "invalid UTF-8": b'{"title": "\xff", "body": "b"}',
    "cut UTF-8": b'{"title": "\xe2\x82", "body": "b"}',
    "overlong UTF-8": b'{"title": "\xc0\xaf", "body": "b"}',
    "beyond Unicode": b'{"title": "\xf4\x90\x80\x80", "body": "b"}',
    "Latin-1": '{"title": "é", "body": "b"}'.encode("latin-1"),
    "UTF-16": '{"title": "a", "body": "b"}'.encode("utf-16"),
    "UTF-16 without mark": '{"title": "a", "body": "b"}'.encode("utf-16-le"),
    "UTF-32": '{"title": "a", "body": "b"}'.encode("utf-32"),
    "byte order mark": b'\xef\xbb\xbf{"title": "a", "body": "b"}',
    "100,000 arrays": b"[" * 100_000 + b"]" * 100_000,
    "100,000 objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "100,000 opened": b"[" * 100_000,
    "33 levels": b'{"title": ' + b"[" * 32 + b"]" * 32 + b', "body": "b"}',
    "5,000 digits": b'{"title": ' + b"1" * 5_000 + b', "body": "b"}',
    "1,001 digits": b'{"title": ' + b"1" * 1_001 + b', "body": "b"}',
    "5,000 digits after the point": b'{"title": 0.' + b"1" * 5_000 + b', "body": "b"}',
    "an exponent of 5,000 digits": b'{"title": 1e-' + b"1" * 5_000 + b', "body": "b"}',
    "only white space": b" \r\n\t ",
    "a form": b"title=a&body=b",
    "XML": b"<article><title>a</title></article>",
}
# Numbers that /echo shows digit for digit, and other routes refuse.
LARGE = {
    "2^53": b'{"title": 9007199254740992, "body": "b"}',
    "-2^53": b'{"title": -9007199254740992, "body": "b"}',
    "1,000 digits": b'{"title": ' + b"1" * 1_000 + b', "body": "b"}',
}
INVALID = {
    "NUL in text": b'{"title": "a\\u0000b", "body": "b"}',
    "NUL in a name": b'{"title": "a", "body": "b", "\\u0000": 1}',
    "NUL deep down": b'{"title": "a", "body": "b", "tags": ["\\u0000"]}',
}
# PUT and merge patches ignore it; POST refuses it.
ANOTHER_VERSION = {"another version": b'{"title": "a", "body": "b", "version": 999}'}
UNFIT = {
    "null": b"null",
    "true": b"true",
    "number": b"1",
    "string": b'"title"',
    "empty array": b"[]",
    "array": b'[{"title": "a", "body": "b"}]',
    "wrong types": b'{"title": 1, "body": 1.5, "tags": "a", "status": true}',
    "nulls": b'{"title": null, "body": null, "tags": [null], "status": null}',
    "objects": b'{"title": {}, "body": {"$ne": ""}, "tags": {"0": "a"}, "status": ["draft"]}',
    "unknown member": b'{"title": "a", "body": "b", "nothing": 1}',
    "empty name": b'{"title": "a", "body": "b", "": 1}',
    "Python's names": b'{"title": "a", "body": "b", "__class__": 1, "self": 2}',
    "JavaScript's names": b'{"title": "a", "body": "b", "__proto__": {"a": 1}, "constructor": 2}',
    "names in capitals": b'{"Title": "a", "BODY": "b", "title": "a", "body": "b"}',
    "another id": b'{"title": "a", "body": "b", "id": 999999}',
    "another author": b'{"title": "a", "body": "b", "author_id": 999}',
    "empty title": b'{"title": "", "body": "b"}',
    "long title": b'{"title": "' + b"a" * 201 + b'", "body": "b"}',
    "long body": b'{"title": "a", "body": "' + b"a" * 100_001 + b'"}',
    "21 tags": b'{"title": "a", "body": "b", "tags": [' + b",".join([b'"t"'] * 21) + b"]}",
    "long tag": b'{"title": "a", "body": "b", "tags": ["' + b"a" * 41 + b'"]}',
    "tag with a line break at its end": b'{"title": "a", "body": "b", "tags": ["a\\n"]}',
    "tag of Arabic digits": '{"title": "a", "body": "b", "tags": ["١"]}'.encode(),
    "unknown status": b'{"title": "a", "body": "b", "status": "Published"}',
    "many unknown members": b'{"title": "a"' + b"".join(b', "m%d": 1' % number for number in range(20_000)) + b"}",
}


def sent(api, article, target, body, **fields):
    method, path, content_type = target
    headers = {"Content-Type": content_type, **fields}
    return api.request(method, path.format(id=article["id"]), content=body, headers=headers)


@pytest.mark.parametrize("target", PARSING, ids=" ".join)
def test_malformed_json_is_400_and_stores_nothing(api, article, stored, target):
    before = stored()
    for name, body in MALFORMED.items():
        document = refused(sent(api, article, target, body), 400, "malformed-json", name)
        assert document["line"] >= 1, name
        assert document["column"] >= 1, name
    assert stored() == before


@pytest.mark.parametrize("target", PARSING, ids=" ".join)
def test_ambiguous_json_is_422_and_stores_nothing(api, article, stored, target):
    before = stored()
    for name, body in (INVALID if "/echo" in target[1] else INVALID | LARGE).items():
        document = refused(sent(api, article, target, body), 422, "invalid", name)
        assert document["errors"], name
        assert all(set(error) == {"pointer", "code", "detail"} for error in document["errors"]), name
    assert stored() == before


@pytest.mark.parametrize("target", STORING, ids=" ".join)
def test_content_that_does_not_fit_is_422_and_stores_nothing(api, article, stored, target):
    before = stored()
    for name, body in (UNFIT | ANOTHER_VERSION if target[0] == "POST" else UNFIT).items():
        document = refused(sent(api, article, target, body), 422, "invalid", name)
        assert document["errors"], name
        for error in document["errors"]:
            assert set(error) == {"pointer", "code", "detail"}, name
            assert error["pointer"].startswith("#"), name
    assert stored() == before


@pytest.mark.parametrize("root", [b"null", b"true", b"1", b'"a"', b"[]", b"{}", b"[" * 32 + b"]" * 32, b"0.1"])
def test_echo_takes_any_root(api, root):
    answer = api.post("/echo", content=root, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    assert answer.json()["content_length"] == len(root)
    assert "json" in answer.json()


@pytest.mark.parametrize("target", PARSING[4:], ids=" ".join)
def test_echo_shows_large_numbers_digit_for_digit(api, article, target):
    for name, body in LARGE.items():
        answer = sent(api, article, target, body)
        assert answer.status_code == 200, name
        assert b'"json":' + body.replace(b" ", b"") in answer.content, name


@pytest.mark.parametrize("patch", [b"{}", b"1", b"null", b'[{"op": "add"}]', b'[{"op": "x", "path": ""}]', b"[[]]"])
def test_an_invalid_json_patch_is_400(api, article, stored, patch):
    before = stored()
    answer = sent(api, article, PARSING[3], patch)
    refused(answer, 400, "malformed-body")
    assert stored() == before


@pytest.mark.parametrize(
    "path", ["/nothing", "/tags/1", "/tags/01", "/tags/-1", "/tags/1e0", "/tags/١", "/title/0", "/tags/" + "9" * 5_000]
)
def test_an_absent_json_patch_path_is_409(api, article, stored, path):
    before = stored()
    patch = b'[{"op": "replace", "path": "/title", "value": "b"}, {"op": "remove", "path": "%b"}]' % path.encode()
    refused(sent(api, article, PARSING[3], patch), 409, "patch-conflict")
    assert stored() == before


@pytest.mark.crossed
@pytest.mark.parametrize("body", [b"", None], ids=["declared empty", "none"])
@pytest.mark.parametrize("target", STORING, ids=" ".join)
def test_no_body_is_400(api, article, stored, target, body):
    before = stored()
    method, path, content_type = target
    path = path.format(id=article["id"])
    refused(api.request(method, path, content=body, headers={"Content-Type": content_type}), 400, "malformed-json")
    refused(api.request(method, path, content=body), 400, "malformed-json")
    assert stored() == before


# Size and coding


def test_a_body_as_large_as_its_cap_is_accepted_and_one_byte_more_is_413(api, article, stored):
    before = stored()
    body = b'{"title": "a", "body": "b"}'
    full = body + b" " * (MIB - len(body))
    for target in STORING:
        document = refused(sent(api, article, target, full + b" "), 413, "content-too-large")
        assert document["limit"] == MIB
        refused(sent(api, article, target, iter([full, b" "])), 413, "content-too-large")
    assert stored() == before
    assert sent(api, article, STORING[0], full).status_code == 201
    assert sent(api, article, STORING[0], iter([full[:1000], full[1000:]])).status_code == 201


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", "a/b+json"])
def test_echo_refuses_a_body_that_is_too_large_to_parse(api, content_type):
    answer = api.post("/echo", content=b" " * (MIB + 1), headers={"Content-Type": content_type})
    assert refused(answer, 413, "content-too-large")["limit"] == MIB


def squeezed(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)


GOOD = squeezed(b'{"title": "Squeezed", "body": "b"}')


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip"])
def test_a_gzip_body_is_accepted(api, article, coding):
    answer = sent(api, article, STORING[0], GOOD, **{"Content-Encoding": coding})
    assert answer.status_code == 201
    assert answer.json()["title"] == "Squeezed"


@pytest.mark.crossed
@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        pytest.param(squeezed(b" " * (50 * MIB)), 413, "content-too-large", id="bomb"),
        pytest.param(squeezed(squeezed(b" " * (200 * MIB))), 413, "content-too-large", id="bomb in a bomb"),
        pytest.param(squeezed(b" " * (MIB + 1)), 413, "content-too-large", id="one byte too large"),
        pytest.param(squeezed(b" " * 1000) * 2_000, 413, "content-too-large", id="2,000 members"),
        pytest.param(b'{"title": "a", "body": "b"}', 400, "malformed-body", id="not gzip"),
        pytest.param(GOOD[:-1], 400, "malformed-body", id="cut in its end"),
        pytest.param(GOOD[:-8], 400, "malformed-body", id="cut before its end"),
        pytest.param(GOOD[:15], 400, "malformed-body", id="cut in its data"),
        pytest.param(GOOD[:5], 400, "malformed-body", id="cut in its head"),
        pytest.param(GOOD[:-8] + b"\0" * 8, 400, "malformed-body", id="wrong checksum"),
        pytest.param(GOOD + b"more", 400, "malformed-body", id="more after its end"),
        pytest.param(squeezed(b'{"title": '), 400, "malformed-json", id="malformed JSON in it"),
    ],
)
@pytest.mark.parametrize("target", [*STORING, PARSING[4]], ids=" ".join)
def test_hostile_gzip_is_refused(api, article, stored, target, body, status, slug):
    before = stored()
    refused(sent(api, article, target, body, **{"Content-Encoding": "gzip"}), status, slug)
    assert stored() == before


@pytest.mark.parametrize("target", STORING, ids=" ".join)
def test_gzip_of_nothing_is_an_empty_body(api, article, stored, target):
    before = stored()
    refused(sent(api, article, target, squeezed(b""), **{"Content-Encoding": "gzip"}), 400, "malformed-json")
    assert stored() == before


@pytest.mark.parametrize("target", PARSING, ids=" ".join)
def test_another_coding_is_415(api, article, stored, target):
    before = stored()
    for coding in ("br", "identity", "deflate", "zstd", "gzip, gzip", "gzip, identity", "chunked", "*"):
        answer = sent(api, article, target, GOOD, **{"Content-Encoding": coding})
        assert refused(answer, 415, "unsupported-encoding", coding)["supported"] == ["gzip"]
        assert answer.headers["Accept-Encoding"] == "gzip"
    assert stored() == before


@pytest.mark.parametrize("value", ["bytes 0-1/2", "bytes */2", "items 0-1/2", "garbage", ""])
def test_a_put_with_content_range_is_400(api, article, stored, value):
    before = stored()
    body = b'{"title": "a", "body": "b"}'
    answer = sent(api, article, STORING[1], body, **{"Content-Range": value})
    assert refused(answer, 400, "invalid-header")["errors"][0]["header"] == "Content-Range"
    assert stored() == before
