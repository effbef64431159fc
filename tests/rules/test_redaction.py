"""What the journal hides of single texts."""

import json
import re

import pytest

from api.rules.redaction import MOST_HARMLESS, Names, Redaction

TAIL = re.compile("…#[0-9a-f]{6}")


def hidden(text: str) -> str:
    """A text with every mask as `*`."""
    return TAIL.sub("*", text)


@pytest.fixture
def redaction() -> Redaction:
    return Redaction(Names(("ssn",)), b"k" * 32)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("authorization", "Basic am9objpqb2hu", "Basic *"),
        ("authorization", "am9objpqb2hu", "*"),
        ("proxy-authorization", "Bearer abc", "Bearer *"),
        ("cookie", "a=1; b=2", "a=*; b=*"),
        ("set-cookie", "a=1; Path=/; HttpOnly", "a=*; Path=/; HttpOnly"),
        ("x-api-key", "abc", "*"),
        ("x-auth-token", "abc", "*"),
        ("x_ssn", "abc", "*"),
        ("referer", "https://a.test/?token=abc&x=1#top", "https://a.test/?token=*&x=1#top"),
        ("referer", "https://u:p@a.test/", "https://*@a.test/"),
        ("www-authenticate", 'Bearer error="invalid_token"', 'Bearer error="invalid_token"'),
        ("vary", "Accept, Authorization, Cookie", "Accept, Authorization, Cookie"),
        ("idempotency-key", "abc", "abc"),
        ("content-type", "multipart/form-data; boundary=abc", "multipart/form-data; boundary=abc"),
    ],
)
def test_header_fields(redaction: Redaction, name: str, value: str, shown: str) -> None:
    [(_, found)] = redaction.fields([(name, value)])
    assert hidden(found) == shown


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("/articles/1?q=a%20b&sort=-id", "/articles/1?q=a%20b&sort=-id"),
        ("/a?token=abc", "/a?token=*"),
        ("/a?a%63cess_token=abc&x", "/a?a%63cess_token=*&x"),
        ("/a?code=abc&status_code=1", "/a?code=*&status_code=1"),
        ("/basic-auth/user/pass", "/basic-auth/user/*"),
        ("/httpbin/digest-auth/auth/user/pass/MD5", "/httpbin/digest-auth/auth/user/*/MD5"),
        ("/api-key/abc", "/api-key/*"),
        ("/httpbin/digest/user/pass", "/httpbin/digest/user/*"),
        ("/httpbin/api-key/abcdef?in=query&name=k&k=abcdef", "/httpbin/api-key/*?in=query&name=k&k=*"),
        ("/tokens/7", "/tokens/7"),
        ("/secrets/door", "/secrets/door"),
    ],
)
def test_targets(redaction: Redaction, target: str, shown: str) -> None:
    assert hidden(redaction.target(target)) == shown


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ('{"password": "a", "x":  1}', '{"password": "*", "x":  1}'),
        ('{"a": {"newPassword": ["b", {"c": 1}], "d": 2}}', '{"a": {"newPassword": ["*", {"c": "*"}], "d": 2}}'),
        ('{"token": null, "secret": true, "api_key": 5}', '{"token": null, "secret": true, "api_key": "*"}'),
        ('{"token": "a", "next": [1, 2]}', '{"token": "*", "next": [1, 2]}'),
        ('{"p\\u0061ssword": "a"}', '{"p\\u0061ssword": "*"}'),
        ('{"password": "a', '{"password": "*"'),
        ('{"password": "a\\', '{"password": "*"'),
        ('{"token_type": "Bearer", "tokens": 1, "code": "x"}', '{"token_type": "Bearer", "tokens": 1, "code": "x"}'),
        ('[{"op": "add", "path": "/password", "value": "a"}]', '[{"op": "add", "path": "/password", "value": "*"}]'),
        ('{"a": "My password is long", "b": "token"}', '{"a": "My password is long", "b": "token"}'),
        ('{"a": "password: abc"}', '{"a": "*"}'),
    ],
)
def test_json_is_hidden_in_place(redaction: Redaction, sent: str, shown: str) -> None:
    assert hidden(redaction.json(sent)) == shown
    if sent.endswith(("}", "]")):
        json.loads(redaction.json(sent))


def test_forms(redaction: Redaction) -> None:
    content = redaction.body(b"a=1&p%61ssword=x+y&user%5Btoken%5D=z", "application/x-www-form-urlencoded", answer=False)
    assert content
    assert hidden(content.decode()) == "a=1&p%61ssword=*&user%5Btoken%5D=*"


@pytest.mark.parametrize("kind", ["application/xml", "text/html", "text/plain", "multipart/form-data; boundary=a", ""])
def test_other_types_are_not_kept_if_they_name_a_credential(redaction: Redaction, kind: str) -> None:
    assert redaction.body(b"<a><password>x</password></a>", kind, answer=False) is None
    assert redaction.body(b"<a>x</a>", kind, answer=False) == b"<a>x</a>"


def test_a_credential_of_the_request_is_hidden_in_its_answer(redaction: Redaction) -> None:
    redaction.target("/a?token=abc%20def")
    for text in ('{"seen": "abc def"}', '{"url": "/a?x=abc%20def"}'):
        content = redaction.body(text.encode(), "application/json", answer=True)
        assert content
        assert "abc" not in content.decode()


def test_equal_credentials_have_equal_tails_under_one_key() -> None:
    first, second = Redaction(Names(), b"a" * 32), Redaction(Names(), b"b" * 32)
    assert first.mask("abc") == Redaction(Names(), b"a" * 32).mask("abc") != second.mask("abc")
    assert first.mask("abc") != first.mask("abd")
    assert first.digest(b"abc") != second.digest(b"abc")


def test_names_of_the_setting_are_added() -> None:
    names = Names(("X-Pin",))
    assert names.hides("x_pin")
    assert names.hides("oldXPin")
    assert names.hides("authorization")
    assert not names.hides("pinned")


def test_a_harmless_value_is_remembered_and_one_with_a_credential_is_not() -> None:
    names = Names()
    harmless, harmful = ("link", '</articles>; rel="next"'), ("referer", "https://user:sesame@example.org/")
    for _ in range(2):
        masked = Redaction(names, b"key").fields([harmless, harmful])
        assert masked[0] == harmless
        assert "sesame" not in masked[1][1]
    assert names.harmless == {harmless[1]}
    Redaction(names, b"key").fields([("x", f"a={number}") for number in range(MOST_HARMLESS + 2)])
    assert len(names.harmless) <= MOST_HARMLESS


def test_the_status_of_a_fault_is_no_credential() -> None:
    fields = [("touchstone-fault", "status;code=503;after"), ("x", "https://example.org/?code=s3same")]
    shown = Redaction(Names(), b"key").fields(fields)
    assert shown[0] == fields[0]
    assert "s3same" not in shown[1][1]
