"""Hostile forms and texts for `/echo` (CONTRACT §11)."""

import pytest

from tests.contract.expect import refused
from tests.contract.xml_text import members

pytestmark = pytest.mark.one_database

MULTIPART = "multipart/form-data; boundary=b"
DISPOSITION = b'Content-Disposition: form-data; name="a"'


def part(head: bytes, content: bytes = b"x") -> bytes:
    return b"--b\r\n" + head + b"\r\n\r\n" + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--b--\r\n"


def echoed(api, body, content_type=MULTIPART):
    return api.post("/echo", content=body, headers={"Content-Type": content_type})


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        pytest.param("multipart/form-data", form(part(DISPOSITION)), id="no boundary"),
        pytest.param("multipart/form-data; boundary=", form(part(DISPOSITION)), id="empty boundary"),
        pytest.param('multipart/form-data; boundary=""', form(part(DISPOSITION)), id="empty quoted boundary"),
        pytest.param("multipart/form-data; boundary=other", form(part(DISPOSITION)), id="another boundary"),
        pytest.param(MULTIPART, form(part(b"Content-Disposition: form-data")), id="part without a name"),
        pytest.param(MULTIPART, form(part(b'Content-Disposition: form-data; name=""')), id="part with an empty name"),
        pytest.param(MULTIPART, form(part(b"Content-Type: text/plain")), id="part without a disposition"),
        pytest.param(MULTIPART, form(part(b'Content-Disposition: attachment; name="a"')), id="another disposition"),
        pytest.param(MULTIPART, part(DISPOSITION), id="unterminated"),
        pytest.param(MULTIPART, part(DISPOSITION)[:-2], id="cut in a part"),
        pytest.param(MULTIPART, b"--b\r\n" + DISPOSITION, id="cut in a part's head"),
        pytest.param(MULTIPART, b"--b", id="cut in the boundary"),
        pytest.param(MULTIPART, b"x", id="no boundary in it"),
        pytest.param(MULTIPART, form(part(DISPOSITION + b'; filename="\xe9"')), id="a file name in Latin-1"),
        pytest.param(MULTIPART, form(part(DISPOSITION)).replace(b"--b\r", b"--b x\r"), id="text after a delimiter"),
        pytest.param(MULTIPART, form(part(DISPOSITION + b"\r\nX: " + b"a" * 100_000)), id="a huge part head"),
        pytest.param("application/x-www-form-urlencoded", b"a=%ff", id="a form that is not UTF-8"),
        pytest.param("application/x-www-form-urlencoded", b"a=\xff", id="a form of raw bytes"),
        pytest.param("text/plain", b"\xff", id="text that is not UTF-8"),
        pytest.param("text/plain; charset=ascii", b"\xe9", id="text that is not ASCII"),
        pytest.param("text/plain; charset=klingon", b"a", id="text in a charset that nobody knows"),
        pytest.param("text/plain; charset=rot13", b"a", id="a codec that is no charset"),
        pytest.param("text/plain; charset=zlib", b"a", id="a codec that inflates"),
        pytest.param("text/plain; charset=idna", b"xn--a-.-", id="a codec of host names"),
    ],
)
def test_a_broken_form_or_text_is_400(api, content_type, body):
    for method in ("POST", "PUT", "PATCH", "DELETE", "GET"):
        for path in ("/echo", "/echo/any"):
            answer = api.request(method, path, content=body, headers={"Content-Type": content_type})
            refused(answer, 400, "malformed-body", (method, path))


def test_the_refusal_of_a_latin_1_file_name_says_what_to_send(api):
    answer = echoed(api, form(part(DISPOSITION + b'; filename="\xe9"')))
    detail = refused(answer, 400, "malformed-body")["detail"]
    assert "UTF-8" in detail
    assert "filename*" in detail


TWO = form(part(DISPOSITION), part(DISPOSITION, b"second"))
LOOSE = {
    "blanks after delimiters": TWO.replace(b"--b\r", b"--b \t\r").replace(b"b--\r", b"b-- \r"),
    "folded fields": TWO.replace(b"; ", b";\r\n\t"),
    "a preamble": b"A preamble.\r\n" + TWO,
    "an epilogue": TWO + b"An epilogue.\r\n--b",
}


@pytest.mark.parametrize("body", LOOSE.values(), ids=LOOSE)
def test_multipart_as_rfc_2046_allows_it_is_read(api, body):
    assert echoed(api, body).json()["form"] == {"a": ["x", "second"]}
    message = api.post("/messages", content=body, headers={"Content-Type": MULTIPART}).json()
    assert [(each["name"], each["filename"], each["size"]) for each in message["parts"]] == [
        ("a", None, 1),
        ("a", None, 6),
    ]
    place = f"/messages/{message['id']}"
    assert api.get(place).content == body
    assert [api.get(f"{place}/parts/{number}").content for number in (1, 2)] == [b"x", b"second"]


@pytest.mark.parametrize(
    "type_line", [b"", b"\r\nContent-Type: application/octet-stream", b"\r\nContent-Type: text/plain"]
)
def test_a_part_without_a_file_name_may_hold_any_bytes(api, type_line):
    body = form(part(DISPOSITION + type_line, b"\xff\x00"))
    received = echoed(api, body).json()
    assert received["form"] == {}
    assert (received["files"]["a"]["filename"], received["files"]["a"]["base64"]) == (None, "/wA=")
    (stored,) = api.post("/messages", content=body, headers={"Content-Type": MULTIPART}).json()["parts"]
    assert (stored["filename"], stored["size"]) == (None, 2)


def test_a_field_is_decoded_by_its_charset(api):
    typed = part(DISPOSITION + b"\r\nContent-Type: text/plain; charset=iso-8859-1", b"\xe9")
    assert echoed(api, form(typed)).json()["form"] == {"a": "é"}


@pytest.mark.parametrize(
    "parameters",
    [
        b"filename*=utf-8''na%C3%AFve.txt",
        b"filename*=iso-8859-1'en'na%EFve.txt",
        b"filename=\"other.txt\"; filename*=utf-8''na%C3%AFve.txt",
        b'filename="=?utf-8?B?bmHDr3ZlLnR4dA==?="',
        b"filename=\"=?utf-8?B?eA==?=\"; filename*=utf-8''na%C3%AFve.txt",
    ],
)
def test_an_encoded_file_name_is_read(api, parameters):
    body = form(part(DISPOSITION + b"; " + parameters))
    received = echoed(api, body).json()
    assert (received["form"], received["files"]["a"]["filename"]) == ({}, "naïve.txt")
    (stored,) = api.post("/messages", content=body, headers={"Content-Type": MULTIPART}).json()["parts"]
    assert stored["filename"] == "naïve.txt"


def test_a_thousand_parts_are_read_and_one_more_is_413(api):
    answer = echoed(api, form(*[part(DISPOSITION)] * 1_000))
    assert answer.status_code == 200
    assert len(answer.json()["form"]["a"]) == 1_000
    assert refused(echoed(api, form(*[part(DISPOSITION)] * 1_001)), 413, "content-too-large")["limit"] == 1_000


def test_a_thousand_fields_are_read_and_one_more_is_413(api):
    url_encoded = "application/x-www-form-urlencoded"
    answer = echoed(api, b"&".join([b"a=1"] * 1_000), url_encoded)
    assert answer.status_code == 200
    assert len(answer.json()["form"]["a"]) == 1_000
    refused(echoed(api, b"&".join([b"a=1"] * 1_001), url_encoded), 413, "content-too-large")


def test_empty_fields_count_for_the_limit(api):
    refused(echoed(api, b"&".join([b"a"] * 1_001), "application/x-www-form-urlencoded"), 413, "content-too-large")


@pytest.mark.parametrize(
    ("filename", "bare"),
    [
        (b"../../etc/passwd", "passwd"),
        (b"/etc/passwd", "passwd"),
        (rb"..\\..\\windows\\system.ini", "system.ini"),
        (rb"C:\\boot.ini", "boot.ini"),
        (b"a/b", "b"),
        ("naïve.txt".encode(), "naïve.txt"),
        (b"plain.txt", "plain.txt"),
    ],
)
def test_a_file_has_a_bare_name_and_no_path(api, filename, bare):
    answer = echoed(api, form(part(DISPOSITION + b'; filename="' + filename + b'"')))
    assert answer.status_code == 200
    assert answer.json()["files"]["a"]["filename"] == bare
    assert answer.json()["files"]["a"]["text"] == "x"


@pytest.mark.parametrize("filename", [b"..", b".", b"../", b"a/.."])
def test_a_file_name_that_is_only_a_path_has_no_path_left(api, filename):
    answer = echoed(api, form(part(DISPOSITION + b'; filename="' + filename + b'"')))
    assert answer.status_code == 200
    assert answer.json()["files"]["a"]["filename"] not in ("..", ".", "../", "a/..")


@pytest.mark.parametrize("name", ["__class__", "json", "headers", "é", "a b", "<script>", "a]]>b", "1"])
@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
def test_strange_names_do_not_break_the_answer(api, name, accept):
    answer = api.post("/echo", data={name: "x"}, params={name: "y"}, headers={"Accept": accept})
    assert answer.status_code == 200
    if accept == "application/json":
        assert answer.json()["form"] == {name: "x"}
        assert answer.json()["args"] == {name: "y"}


@pytest.mark.parametrize("value", ["\x01", "\x0b", "\ufffe", "\uffff", "\U0001f600", "]]>", "&lt;", "<!--", "\u2028"])
def test_characters_that_xml_forbids_do_not_break_it(api, value):
    answer = api.post("/echo", json={"a": value}, headers={"Accept": "application/xml"})
    assert answer.status_code == 200
    shown = members(answer.text)[1]["json"]["a"]
    assert shown == (value if value.isprintable() or value == "\u2028" else "\ufffd")


def test_a_file_of_bytes_comes_back_as_base64(api):
    answer = echoed(api, form(part(DISPOSITION + b'; filename="a"', b"\xff\x00")))
    assert answer.json()["files"]["a"]["base64"] == "/wA="
