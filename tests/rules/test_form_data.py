"""multipart/form-data is read part by part (RFC 7578, RFC 2046 §5.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.form_data import MAX_PARTS, Head, read_parts
from api.rules.problems import ContentTooLarge, MalformedBody

DISPOSITION = b'Content-Disposition: form-data; name="a"'


def body(*parts: bytes, padding: bytes = b"") -> bytes:
    return b"".join(b"--b" + padding + b"\r\n" + part + b"\r\n" for part in parts) + b"--b--" + padding + b"\r\n"


def part(header: bytes = DISPOSITION, content: bytes = b"x") -> bytes:
    return header + b"\r\n\r\n" + content


def read(content: bytes, *, block: int = 1 << 20) -> list[tuple[Head, bytes]]:
    blocks = [content[start : start + block] for start in range(0, len(content), block)]
    return [(head, b"".join(each)) for head, each in read_parts(blocks, "b")]


def heads(content: bytes) -> list[Head]:
    return [head for head, _ in read(content)]


def test_each_part_has_its_header_and_content() -> None:
    file = b'Content-Disposition: form-data; name="f"; filename="a.txt"\r\nContent-Type: text/plain; charset=latin-1'
    assert read(body(part(content=b""), part(file, b"1\r\n--o\r\n2"))) == [
        (Head("a", None, None, None), b""),
        (Head("f", "a.txt", "text/plain; charset=latin-1", "latin-1"), b"1\r\n--o\r\n2"),
    ]


@pytest.mark.parametrize("padding", [b" ", b"\t", b" \t  ", b" " * 1000])
@pytest.mark.parametrize("block", [1, 3, 7, 1 << 20])
def test_blanks_may_follow_a_delimiter(padding: bytes, block: int) -> None:
    # RFC 2046 §5.1.1, transport-padding.
    content = body(part(content=b"x --b \r\n y"), part(content=b"2"), padding=padding)
    assert [text for _, text in read(content, block=block)] == [b"x --b \r\n y", b"2"]


@given(
    st.lists(st.binary(max_size=40).map(lambda text: text.replace(b"--b", b"")), min_size=1, max_size=4),
    st.integers(1, 64),
    st.sampled_from([b"", b" ", b"\t \t"]),
)
def test_blocks_of_any_size_give_the_same_parts(contents: list[bytes], block: int, padding: bytes) -> None:
    sent = body(*(part(content=content) for content in contents), padding=padding)
    assert [content for _, content in read(sent, block=block)] == contents


@pytest.mark.parametrize(
    "header",
    [
        b'Content-Disposition: form-data;\r\n name="a"; filename="b"',
        b'Content-Disposition: form-data;\r\n\tname="a";\r\n filename="b"',
        b'Content-Disposition:\r\n form-data; name="a"; filename="b"',
        b"content-disposition: form-data; name=a; filename=b\r\nX-Other: 1,\r\n   2",
    ],
)
def test_a_header_field_may_be_folded(header: bytes) -> None:
    assert heads(body(part(header))) == [Head("a", "b", None, None)]


def test_text_around_the_parts_is_ignored() -> None:
    sent = b"A preamble.\r\n" + body(part()) + b"An epilogue."
    assert read(sent) == [(Head("a", None, None, None), b"x")]


@pytest.mark.parametrize(
    ("parameters", "filename"),
    [
        ("filename*=utf-8''na%C3%AFve.txt", "naïve.txt"),
        ("filename*=UTF-8'en'na%C3%AFve.txt", "naïve.txt"),
        ("filename*=\"utf-8''na%C3%AFve.txt\"", "naïve.txt"),
        ("filename*=iso-8859-1''na%EFve.txt", "naïve.txt"),
        ("filename=\"x.txt\"; filename*=utf-8''na%C3%AFve.txt", "naïve.txt"),
        ("filename*=utf-8''na%C3%AFve.txt; filename=\"x.txt\"", "naïve.txt"),
        ("filename=\"=?utf-8?B?bmHDr3ZlLnR4dA==?=\"; filename*=utf-8''na%C3%AFve.txt", "naïve.txt"),
        ('filename="=?utf-8?B?bmHDr3ZlLnR4dA==?="', "naïve.txt"),
        ('filename="=?UTF-8?Q?na=C3=AFve.txt?="', "naïve.txt"),
        ('filename="=?iso-8859-1?q?na=EFve.txt?="', "naïve.txt"),
        ('filename="=?utf-8?B?bmHDr3Zl?= =?utf-8?B?LnR4dA==?="', "naïve.txt"),
        ("filename=\"x.txt\"; filename*=utf-8''%FF", "x.txt"),
        ("filename=\"x.txt\"; filename*=klingon''x", "x.txt"),
        ('filename="=?klingon?B?eA==?="', "=?klingon?B?eA==?="),
        ('filename="=?utf-8?B?/w==?="', "=?utf-8?B?/w==?="),
        ('filename="what?=.txt"', "what?=.txt"),
    ],
)
def test_the_name_of_a_file_is_read_in_every_usual_form(parameters: str, filename: str) -> None:
    # RFC 8187 §3.2, RFC 2047 §2; .NET sends both.
    header = f'Content-Disposition: form-data; name="a"; {parameters}'.encode()
    assert heads(body(part(header))) == [Head("a", filename, None, None)]


def test_the_name_of_a_field_may_be_an_encoded_word() -> None:
    assert heads(body(part(b'Content-Disposition: form-data; name="=?utf-8?B?w6k=?="'))) == [
        Head("é", None, None, None)
    ]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (body(part(b'Content-Disposition: form-data; name="a"; filename="\xe9.txt"')), "not UTF-8"),
        (body(part(b"Content-Disposition: form-data")), "has no name"),
        (body(part(b"Content-Type: text/plain")), "Missing Content-Disposition"),
        (body(part())[:-5], "end of multipart"),
        (body(part()).replace(b"--b\r\n", b"--b x\r\n"), "after first boundary"),
    ],
)
def test_a_refusal_says_what_is_wrong(sent: bytes, said: str) -> None:
    with pytest.raises(MalformedBody, match=said):
        read(sent)


def test_parts_that_are_too_many_are_refused() -> None:
    assert len(read(body(*[part()] * MAX_PARTS))) == MAX_PARTS
    with pytest.raises(ContentTooLarge):
        read(body(*[part()] * (MAX_PARTS + 1)))


def test_content_that_is_not_read_is_skipped() -> None:
    sent = body(part(content=b"1"), part(content=b"2"))
    assert [head.name for head, _ in read_parts([sent], "b")] == ["a", "a"]
