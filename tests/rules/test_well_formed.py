"""XML must be well-formed, and must not make a reader load or expand anything (RFC 7303, XML 1.0)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.xml import is_well_formed

BILLION_LAUGHS = (
    '<!DOCTYPE a [<!ENTITY l0 "ha">'
    + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    + "]><a>&l9;</a>"
)
QUADRATIC = '<!DOCTYPE a [<!ENTITY b "' + "b" * 50_000 + '">]><a>' + "&b;" * 50_000 + "</a>"
ENTITIES = {
    "billion laughs": BILLION_LAUGHS,
    "quadratic blow-up": QUADRATIC,
    "internal": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "internal and never used": '<!DOCTYPE a [<!ENTITY b "c">]><a/>',
    "a file": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "a URL": '<!DOCTYPE a [<!ENTITY b SYSTEM "http://127.0.0.1:1/">]><a>&b;</a>',
    "public": '<!DOCTYPE a [<!ENTITY b PUBLIC "-//x" "http://127.0.0.1:1/">]><a>&b;</a>',
    "of parameters": '<!DOCTYPE a [<!ENTITY % b SYSTEM "file:///etc/passwd"> %b;]><a/>',
    "of parameters, internal": '<!DOCTYPE a [<!ENTITY % b "<!ELEMENT a ANY>"> %b;]><a/>',
    "unparsed": '<!DOCTYPE a [<!NOTATION n SYSTEM "n"><!ENTITY b SYSTEM "b.png" NDATA n>]><a/>',
    "an external definition": '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a/>',
    "that is not there": "<a>&nbsp;</a>",
}


@pytest.mark.parametrize(
    "content",
    [
        b"<a/>",
        b"<a></a>",
        b'<?xml version="1.0"?>\n<a b="1" c=\'2\'><d/>text &lt;&amp;&#65;&#x1F600;</a>\n',
        b"<!-- before --><a><![CDATA[<not> & markup]]></a><!-- after --><?process this?>",
        b"<!DOCTYPE a><a/>",
        b"<!DOCTYPE a [<!ELEMENT a EMPTY><!ATTLIST a b CDATA #IMPLIED>]><a/>",
        b'<a xmlns="urn:x" xmlns:b="urn:y"><b:c b:d="1"/></a>',
        b'<?xml-stylesheet href="http://127.0.0.1:1/x.xsl"?><a/>',  # not followed
        b'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd"/></a>',
        "<é>日本 😀</é>".encode(),
        b"\xef\xbb\xbf<a/>",
        '<?xml version="1.0" encoding="utf-16"?><a>é</a>'.encode("utf-16"),
        b'<?xml version="1.0" encoding="iso-8859-1"?><a>\xe9</a>',
        b"<a>" * 100_000 + b"</a>" * 100_000,
        b"<a" + b"".join(b' b%d="1"' % n for n in range(50_000)) + b"/>",
    ],
)
def test_well_formed_xml_is_accepted(content: bytes) -> None:
    assert is_well_formed(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \n",
        b"text",
        b"<a",
        b"<a>",
        b"</a>",
        b"<a></b>",
        b"<a><b></a></b>",
        b"<a/><b/>",
        b"<a/>text",
        b'<a b="1" b="2"/>',
        b"<a b=1/>",
        b"<a b/>",
        b'<a b="<"/>',
        b"<a>&</a>",
        b"<a>&amp</a>",
        b"<a>]]></a>",
        b"<a><!-- -- --></a>",
        b' <?xml version="1.0"?><a/>',
        b"<1/>",
        b"<a>&#0;</a>",
        b"<a>&#xD800;</a>",
        b"<a>\x00</a>",
        b"<a>\x01</a>",
        b"<a>\xff</a>",
        b"<a>\xed\xa0\x80</a>",
        b'{"json": true}',
        b"<a>" * 100_000,
        b'<?xml version="1.0" encoding="utf-16"?><a/>',
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b"<!DOCTYPE html><p>one<br>two</p>",
    ],
)
def test_malformed_xml_is_refused(content: bytes) -> None:
    assert not is_well_formed(content)


@pytest.mark.parametrize("content", ENTITIES.values(), ids=ENTITIES)
def test_entities_of_its_own_and_of_others_are_refused_unread(content: str) -> None:
    # Expanded completely, the first would have 3 GB and the second 2.5 GB.
    assert not is_well_formed(content.encode())


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        ("<a>é</a>".encode("latin-1"), "iso-8859-1"),
        ("<a>é</a>".encode("latin-1"), "ISO-8859-1"),
        ("<a>€</a>".encode("cp1252"), "windows-1252"),
        ("<a>é</a>".encode("utf-16"), "utf-16"),
        ("<a>é</a>".encode(), "utf-8"),
        (b"<a/>", "us-ascii"),
        # it overrides the document's declaration (RFC 7303 §3)
        (b'<?xml version="1.0" encoding="utf-8"?><a>\xe9</a>', "iso-8859-1"),
        # and a byte order mark overrides both
        (b"\xef\xbb\xbf<a>\xc3\xa9</a>", "iso-8859-1"),
        ("<a>é</a>".encode("utf-16"), "utf-8"),
    ],
)
def test_it_is_read_in_the_charset_of_the_media_type(content: bytes, charset: str) -> None:
    assert is_well_formed(content, charset)


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        (b"<a>\xe9</a>", "utf-8"),
        (b"<a>\xe9</a>", "us-ascii"),
        (b'<?xml version="1.0" encoding="iso-8859-1"?><a>\xe9</a>', "utf-8"),
        (b"<a/>", "utf-16"),
        (b"<a/>", "no-such-charset"),
        (b"<a/>", "hex"),
        (b"<a/>", "rot13"),
        (b"<a/>", "a\0b"),
        (b"<a/>", "a" * 3_000),
    ],
)
def test_xml_that_is_not_in_its_charset_is_refused(content: bytes, charset: str) -> None:
    assert not is_well_formed(content, charset)


@given(st.binary(max_size=60), st.none() | st.text(max_size=12))
def test_any_bytes_in_any_charset_are_judged(content: bytes, charset: str | None) -> None:
    for each in (content, b"<a>" + content + b"</a>", b"<!DOCTYPE a [" + content + b"]><a/>"):
        assert is_well_formed(each, charset) in (True, False)
