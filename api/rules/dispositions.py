"""Content-Disposition: a file's name, and whether a browser may show it (RFC 6266, RFC 8187)."""

import re
from contextlib import suppress
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from urllib.parse import quote, unquote

from api.rules.media import parse_content_type
from api.rules.problems import InvalidHeader

# What a browser shows without running anything; all else it is told to save.
INERT = frozenset({"text/plain", "application/json", "image/png", "image/jpeg", "image/gif", "image/webp"})

# A parameter, or a quoted string by itself, so that what stands within quotes is never taken for a parameter. One that
# does not end takes all the rest, or each quote in it would be tried as a start.
_PARAMETER = re.compile(r'(?:^|;)[ \t]*([^=;"\s]+)=(?:"((?:[^"\\]|\\.)*+)"|([^;"\s]+))|"(?:[^"\\]|\\.)*+(?:"|\\?\Z)')
# RFC 8187 §3.2.1 requires utf-8; RFC 5987, which it replaced, had iso-8859-1 too.
_EXTENDED = re.compile(r"(utf-8|iso-8859-1)'[^']*'(.+)", re.IGNORECASE)
_ENCODED_WORDS = re.compile(r"=\?[A-Za-z0-9-]+\?[bBqQ]\?[^?\s]*\?=(?:[ \t]+=\?[A-Za-z0-9-]+\?[bBqQ]\?[^?\s]*\?=)*")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f]")
LONGEST_NAME = 255  # what file systems take
LONGEST_FIELD = 4096  # characters: a name of that length takes 3,060 where each character is percent-encoded


def bare_name(filename: str) -> str | None:
    """The last segment of a file's name as sent, never a path (RFC 7578 §4.2); None where nothing is left."""
    name = _UNSAFE.sub("", filename.replace("\\", "/").rpartition("/")[2])[:LONGEST_NAME]
    return None if name in ("", ".", "..") else name


def sent_filename(field: str) -> str | None:
    """The file's name in a Content-Disposition field that a client sent; `filename*` wins (RFC 6266 §4.3).

    Raises InvalidHeader where the field has more than LONGEST_FIELD characters.
    """
    if len(field) > LONGEST_FIELD:
        detail = f"It has {len(field)} characters, of at most {LONGEST_FIELD}."
        raise InvalidHeader(errors=[{"header": "Content-Disposition", "code": "too_long", "detail": detail}])
    sent = _parameters(field)
    if (extended := _extended(sent)) is not None:
        return bare_name(extended)
    if "filename" not in sent:
        return None
    quoted, token = sent["filename"]
    name = token if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    # Field values are bytes that WSGI reads as Latin-1; clients put UTF-8 there.
    with suppress(UnicodeError):
        name = name.encode("latin-1").decode("utf-8")
    return bare_name(decoded_words(name))


def extended_filename(field: str) -> str | None:
    """The value of `filename*` in a Content-Disposition field (RFC 8187 §3.2); None where there is none to read."""
    return _extended(_parameters(field))


def decoded_words(text: str) -> str:
    """The text with its encoded words decoded (RFC 2047 §2); .NET sends names of files so."""
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
    found = _EXTENDED.fullmatch(token if quoted is None else quoted)  # some clients quote what RFC 8187 does not
    if found:
        with suppress(UnicodeDecodeError):
            return unquote(found[2], encoding=found[1], errors="strict")
    return None


def content_disposition(content_type: str, filename: str | None) -> str | None:
    """The field that goes with content of this type and name; None where it needs none."""
    media_type = parse_content_type(content_type)
    kind = "inline" if media_type and media_type.essence in INERT else "attachment"
    if filename is None:
        return None if kind == "inline" else kind
    plain = re.sub(r'[^\x20-\x7e]|["\\%]', "_", filename)
    field = f'{kind}; filename="{plain}"'
    return field if plain == filename else f"{field}; filename*=UTF-8''{quote(filename, safe='')}"
