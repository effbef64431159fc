"""Content-Disposition: a file's name, and whether a browser may show it (RFC 6266, RFC 8187)."""

import re
from contextlib import suppress
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from urllib.parse import quote, unquote

from api.rules.media import parse_content_type
from api.rules.problems import InvalidHeader

# Types that a browser shows without running anything. All others it must save.
INERT = frozenset({"text/plain", "application/json", "image/png", "image/jpeg", "image/gif", "image/webp"})

# A parameter, or a quoted string by itself, so that text within quotes is never mistaken for a parameter. A string
# without an end takes all the rest; otherwise each quote in it would be tried as a start.
_PARAMETER = re.compile(r'(?:^|;)[ \t]*([^=;"\s]+)=(?:"((?:[^"\\]|\\.)*+)"|([^;"\s]+))|"(?:[^"\\]|\\.)*+(?:"|\\?\Z)')
# RFC 8187 §3.2.1 requires utf-8; its predecessor, RFC 5987, also had iso-8859-1.
_EXTENDED = re.compile(r"(utf-8|iso-8859-1)'[^']*'(.+)", re.IGNORECASE)
_ENCODED_WORDS = re.compile(r"=\?[A-Za-z0-9-]+\?[bBqQ]\?[^?\s]*\?=(?:[ \t]+=\?[A-Za-z0-9-]+\?[bBqQ]\?[^?\s]*\?=)*")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f]")
LONGEST_NAME = 255  # the limit of file systems
LONGEST_FIELD = 4096  # characters: a name of that length takes 3,060 if each character is percent-encoded


def bare_name(filename: str) -> str | None:
    """Return the last segment of a file name as sent, never a path (RFC 7578 §4.2); None if nothing is left."""
    name = _UNSAFE.sub("", filename.replace("\\", "/").rpartition("/")[2])[:LONGEST_NAME]
    return None if name in ("", ".", "..") else name


def sent_filename(field: str) -> str | None:
    """Return the file name in a client's Content-Disposition field; `filename*` wins (RFC 6266 §4.3).

    Raises InvalidHeader if the field has more than LONGEST_FIELD characters.
    """
    if len(field) > LONGEST_FIELD:
        detail = f"It has {len(field)} characters; the maximum is {LONGEST_FIELD}."
        raise InvalidHeader(errors=[{"header": "Content-Disposition", "code": "too_long", "detail": detail}])
    sent = _parameters(field)
    if (extended := _extended(sent)) is not None:
        return bare_name(extended)
    if "filename" not in sent:
        return None
    quoted, token = sent["filename"]
    name = token if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    # WSGI reads field values as Latin-1, but clients put UTF-8 there.
    with suppress(UnicodeError):
        name = name.encode("latin-1").decode("utf-8")
    return bare_name(decoded_words(name))


def extended_filename(field: str) -> str | None:
    """Return the value of `filename*` in a Content-Disposition field (RFC 8187 §3.2); None if it has none."""
    return _extended(_parameters(field))


def decoded_words(text: str) -> str:
    """Decode the encoded words of a text (RFC 2047 §2). .NET sends file names in this form."""
    if not _ENCODED_WORDS.fullmatch(text):
        return text
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, ValueError):
        return text


def _parameters(field: str) -> dict[str, tuple[str | None, str]]:
    sent: dict[str, tuple[str | None, str]] = {}
    for name, quoted, token in (found.groups() for found in _PARAMETER.finditer(field)):
        if name:
            sent.setdefault(name.lower(), (quoted, token))
    return sent


def _extended(sent: dict[str, tuple[str | None, str]]) -> str | None:
    quoted, token = sent.get("filename*", (None, ""))
    found = _EXTENDED.fullmatch(token if quoted is None else quoted)  # RFC 8187 has no quotes here; some clients do
    if found:
        with suppress(UnicodeDecodeError):
            return unquote(found[2], encoding=found[1], errors="strict")
    return None


def content_disposition(content_type: str, filename: str | None) -> str | None:
    """Return the Content-Disposition for content of this type and name, or None if it needs none."""
    media_type = parse_content_type(content_type)
    kind = "inline" if media_type and media_type.essence in INERT else "attachment"
    if filename is None:
        return None if kind == "inline" else kind
    plain = re.sub(r'[^\x20-\x7e]|["\\%]', "_", filename)
    field = f'{kind}; filename="{plain}"'
    return field if plain == filename else f"{field}; filename*=UTF-8''{quote(filename, safe='')}"
