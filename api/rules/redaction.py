"""Hides credentials, before the journal stores anything.

A credential becomes `…#3fa9c1`, where the tail is a keyed digest: equal credentials have equal tails, and nobody can
read a credential from a tail. Names are compared without case, `-` and `_`, and by their ends: `newPassword` is a
password.
"""

import json
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import quote, unquote, unquote_plus

# Ends of the names of header fields, members of JSON, fields of forms, and parameters.
ALWAYS = (
    "authorization",
    "cookie",
    "password",
    "passwd",
    "passphrase",
    "token",
    "secret",
    "apikey",
    "privatekey",
    "sessionid",
    "assertion",  # RFC 7521 §4
    "codeverifier",  # RFC 7636 §4.5
)
# Hidden wherever it stands in a name: `password_confirmation`, `password2`.
ANYWHERE = "password"
# RFC 6749 §4.1.2. As a member of JSON it is something else: the code of an error, for example.
PARAMETER = "code"

FORM = "application/x-www-form-urlencoded"
# Shorter credentials also occur in other words, so they are hidden by their names alone.
SHORTEST = 6
NO_CREDENTIALS = ("null", "true", "false", '""')
# Bytes of the digest of a credential: six hexadecimal digits.
TAIL = 3
# Values of header fields that are remembered because they have no credential, and their characters.
MOST_HARMLESS, LONGEST_HARMLESS = 2000, 200

_FOLD = bytes(range(256)).lower()
_IGNORED = b"-_\0"
_JSON = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?$)|\'(?:[^\'\\]|\\.)*(?:\'|\\?$)|[{}\[\],:]|[^\s{}\[\],:"\']+', re.DOTALL)
_PATCHED = re.compile(r'"path"\s*:\s*"[^"]*/([^"/]+)"')
_STATUS = re.compile("[1-5][0-9]{2}")
_COLON = re.compile(r"\s*:")
# What occurs in a value that has credentials in it.
_MAY_NAME = re.compile("[=@{]|tst_")
_OWN_TOKEN = re.compile("tst_[A-Za-z0-9_-]{43}")
_USER_IN_URL = re.compile(r"(?<=://)[^/@\s\"'<>]+(?=@)")
_PAIR = re.compile(r"(?P<before>^|[?&;,\s\"'({<])(?P<name>[\w.%+\[\]-]+)=(?P<value>\"[^\"]*\"?|[^&\s\"'<>;#,)}]+)")
_PERHAPS = re.compile("%|basic-auth|digest")
# The segments from the start of such a path to its password.
_BEFORE_PASSWORD = {"basic-auth": 2, "hidden-basic-auth": 2, "digest": 2, "digest-auth": 3}


class Names:
    """The names of credentials: those of ALWAYS, and more (setting JOURNAL_REDACT)."""

    def __init__(self, more: Sequence[str] = ()) -> None:
        self.ends = tuple(dict.fromkeys((*ALWAYS, *filter(None, map(_folded, more)))))
        words = (*self.ends, ANYWHERE, "\\u", "tst")
        self._words = re.compile(b"|".join(re.escape(each.encode()) for each in words))
        self.hides: Callable[[str], bool] = lru_cache(4096)(self._hides)
        # Most values come again with the next request, and need not be read again.
        self.harmless: set[str] = set()

    def _hides(self, name: str) -> bool:
        folded = _folded(name)
        return folded.endswith(self.ends) or ANYWHERE in folded

    def occur_in(self, content: bytes) -> bool:
        """Whether any name of a credential occurs. Quick; UTF-16 and escapes do not hide one."""
        return self._words.search(content.translate(_FOLD, _IGNORED)) is not None


class Redaction:
    """Hides the credentials of one request and its answer. `key` is secret, and differs between spaces.

    Credentials of the request are hidden in the answer too, wherever they stand.
    """

    def __init__(self, names: Names, key: bytes) -> None:
        self.names = names
        self._key = key
        self._found: dict[str, str] = {}

    def mask(self, value: str) -> str:
        """The text that is stored instead of a credential."""
        if not value:
            return value
        masked = "…#" + blake2b(value.encode("utf-8", "surrogatepass"), key=self._key, digest_size=TAIL).hexdigest()
        if len(value) >= SHORTEST:
            self._found[value] = masked
        return masked

    def digest(self, content: bytes) -> str:
        """The digest of content that is not stored, or not as it was: equal for equal content in one space."""
        return "#" + blake2b(content, key=self._key, digest_size=16).hexdigest()

    def fields(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Header lines, with names in lower case."""
        hides = self.names.hides
        shown = [(name, self._credentials(name, value) if hides(name) else value) for name, value in pairs]
        if not _MAY_NAME.search("\n".join([value for _, value in shown])):  # one search takes less time than many
            return shown
        harmless = self.names.harmless
        return [pair if pair[1] in harmless or hides(pair[0]) else (pair[0], self._value(pair[1])) for pair in shown]

    def _value(self, value: str) -> str:
        masked, harmless = self.text(value), self.names.harmless
        if masked == value and len(value) <= LONGEST_HARMLESS:
            if len(harmless) >= MOST_HARMLESS:
                harmless.clear()
            harmless.add(value)
        return masked

    def _credentials(self, name: str, value: str) -> str:
        if name == "cookie":
            return "; ".join(self._cookie(each) for each in value.split(";"))
        if name == "set-cookie":
            first, semicolon, attributes = value.partition(";")
            return self._cookie(first) + semicolon + attributes
        scheme, space, rest = value.partition(" ")
        if space and scheme.replace("-", "").isalnum():
            return f"{scheme} {self.mask(rest.strip())}"
        return self.mask(value)

    def _cookie(self, pair: str) -> str:
        name, equals, value = pair.strip().partition("=")
        return f"{name}={self.mask(value)}" if equals else self.mask(name)

    def target(self, target: str) -> str:
        """A request target: a path, and perhaps a query."""
        path, question, query = target.partition("?")
        path = self.path(path)
        # The key in the path of `/api-key` may come again, in a parameter of any name.
        return path + question + (self.answered(self.form(query)) if query else "")

    def path(self, path: str) -> str:
        """A path, encoded or not: without the password of `/basic-auth/<user>/<password>`, `/api-key/<key>`, ….

        A segment after the name of a credential is one.
        """
        if not _PERHAPS.search(path) and not self.names.occur_in(path.encode("utf-8", "replace")):
            return path
        segments = path.split("/")
        plain = [unquote(each) for each in segments]
        for number, each in enumerate(plain):
            at = number + (_BEFORE_PASSWORD.get(each) or self.names.hides(each))
            if number < at < len(segments):
                segments[at] = self.mask(plain[at])
        masked = _OWN_TOKEN.sub(lambda token: self.mask(token[0]), "/".join(segments))
        if masked != path:
            self._found[path] = self._found[unquote(path)] = masked
        return masked

    def form(self, text: str) -> str:
        """A query, or a form: names and values, percent-encoded."""
        return "&".join(self._pair(each) if "=" in each else each for each in text.split("&"))

    def _pair(self, pair: str) -> str:
        name, _, value = pair.partition("=")
        plain = unquote_plus(value)
        if self._hides_parameter(unquote_plus(name)):
            return f"{name}={self.mask(plain)}"
        masked = self.text(plain)
        return pair if masked == plain else f"{name}={quote(masked, safe='…#/?&=:@')}"

    def _hides_parameter(self, name: str) -> bool:
        hides = self.names.hides
        return name.lower() == PARAMETER or hides(name.partition("[")[0]) or hides(name.strip("]"))

    def text(self, text: str) -> str:
        """A text in which credentials may be named: an address, or a line of a log."""
        if "@" in text:
            text = _USER_IN_URL.sub(lambda user: self.mask(user[0]), text)
        if "=" in text:
            text = _PAIR.sub(self._pair_in_text, text)
        if not self.names.occur_in(text.encode("utf-8", "surrogatepass")):
            return text
        text = _OWN_TOKEN.sub(lambda token: self.mask(token[0]), text)
        if text.lstrip()[:1] in ("{", "["):
            return self.json(text)
        return self.mask(text) if self._names_one(text) else text

    def _pair_in_text(self, pair: re.Match[str]) -> str:
        if not self._hides_parameter(unquote_plus(pair["name"])) or pair["value"].startswith("…#"):
            return pair[0]
        if pair["name"].lower() == PARAMETER and _STATUS.fullmatch(pair["value"]):
            return pair[0]  # the status of a fault
        return f"{pair['before']}{pair['name']}={self.mask(unquote_plus(pair['value'].strip(chr(34))))}"

    def _names_one(self, text: str) -> bool:
        """Whether a name of a credential is followed by a value."""
        return any(self.names.hides(each) for each in re.findall(r"[\w-]+(?=[\"'\\\s]*[:>])", text))

    def json(self, text: str) -> str:
        """JSON, perhaps broken or cut off: the values of members with the name of a credential, at any depth."""
        pieces: list[str] = []
        at, depth, hiding = 0, 0, False
        # The operations of a JSON Patch name the member in `path` (RFC 6902 §4).
        patches = any(self.names.hides(each) for each in _PATCHED.findall(text))
        for found in _JSON.finditer(text):
            word, start = found[0], found.start()
            pieces.append(text[at:start])
            at = found.end()
            if word in "{[":
                depth += hiding
            elif word in "}]" and depth:
                depth -= 1
                hiding = depth > 0
            elif word in "}],":
                hiding = depth > 0
            elif word != ":":
                plain = _plain(word)
                if _COLON.match(text, at):
                    hiding = depth > 0 or self.names.hides(plain) or (patches and plain == "value")
                elif hiding:
                    word = word if word in NO_CREDENTIALS else _quoted(self.mask(plain))
                elif word[0] in "\"'":
                    masked = self.text(plain)
                    word = word if masked == plain else _quoted(masked)
            pieces.append(word)
        pieces.append(text[at:])
        return "".join(pieces)

    def answered(self, text: str) -> str:
        """A text of the answer, without the credentials of the request."""
        for value, masked in self._found.items():
            if value in text:
                text = text.replace(value, masked)
            for form in (json.dumps(value)[1:-1], quote(value, safe="")):
                if form != value and form in text:
                    text = text.replace(form, masked)
        return text

    @property
    def found(self) -> bool:
        """Whether a credential was found that may occur in the answer."""
        return bool(self._found)

    def body(self, content: bytes, content_type: str, *, answer: bool) -> bytes | None:
        """The body as it may be stored: unchanged, without its credentials, or None if they cannot be told apart."""
        text_of_request = answer and self.found
        essence = content_type.partition(";")[0].strip().lower()
        is_form = essence == FORM
        with_user = b"@" in content and b"://" in content
        if not (text_of_request or is_form or with_user or self.names.occur_in(content)):
            return content
        text = content.decode("utf-8", "surrogateescape")
        masked = text
        if "\0" in text and self.names.occur_in(content):
            return None  # UTF-16, for example
        if is_form:
            masked = self.form(text)
        elif "json" in essence or text.lstrip()[:1] in ("{", "["):
            masked = self.json(text)
        elif self.names.occur_in(content):
            return None
        elif with_user:
            masked = _USER_IN_URL.sub(lambda user: self.mask(user[0]), text)
        if text_of_request:
            masked = self.answered(masked)
        return content if masked == text else masked.encode("utf-8", "surrogateescape")


def _folded(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "").strip()


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _plain(word: str) -> str:
    """The value of a word of JSON."""
    if word[0] not in "\"'":
        return word
    inner = word[1:-1] if len(word) > 1 and word[-1] == word[0] else word[1:]
    if "\\" not in inner:
        return inner
    try:
        return str(json.loads(f'"{inner}"', strict=False))
    except ValueError:
        return inner
