"""Finds credentials in places where they are forbidden: logs, stored rows, errors (CONTRACT §9, §10).

Passwords of tests are `password-` and hexadecimal digits, so they can be recognised everywhere.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote_plus

import sqlalchemy as sa

from resources.users.table import DEVELOPERS

# The place of a text, and the text.
Texts = Iterable[tuple[str, str]]

# Columns with clients' content, which can be anything. The server writes the other columns.
KEPT_FOR_CLIENTS = ("secrets.value", "messages_pieces.content")

_DEVELOPERS = [b64encode(f"{each['username']}:{each['password']}".encode()).decode() for each in DEVELOPERS]
_NAMES = "password|passwd|pwd|access_token|token|authorization"
_KINDS = {
    "a password": re.compile(r"password-[0-9a-f]{8,}", re.IGNORECASE),
    "a token": re.compile(r"tst_[a-z0-9_-]{43}", re.IGNORECASE),
    "Bearer credentials": re.compile(r"\bbearer\s+[a-z0-9._~+/-]{16,}=*", re.IGNORECASE),
    "credentials of a development account": re.compile("|".join(map(re.escape, _DEVELOPERS))),
    # `password=secret`, `"password": "secret"`, also inside another string; a mask of stars or dots does not count.
    "a value under the name of one": re.compile(
        rf"""\b(?:{_NAMES})\\?["']?\s*[:=]\s*\\?["']?(?![*.…])[^\s"'\\,;&}}\])]+""", re.IGNORECASE
    ),
}
# Parts that are never credentials. Without them, three of four lines are duplicates.
_PASSING = re.compile(
    r'"time":"[0-9TZ:.-]{24}"|"(?:duration_ms|bytes_in|bytes_out|account_id)":[0-9.]+'
    "|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
_BASIC = re.compile(r"\bbasic\s+([a-z0-9+/]{4,}={0,2})", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/]{12,}={0,2}")


def findings(texts: Texts) -> list[str]:
    """Every text that looks like a credential: a sentence with its place and its kind."""
    found = (
        f"{place}: {kind}: {value:.80}" for place, text in texts for form in forms(text) for kind, value in _found(form)
    )
    return list(dict.fromkeys(found))


def holding(known: Mapping[str, str], texts: Texts) -> set[str]:
    """The names of the known values that occur in the texts, regardless of case."""
    everything = [form.lower() for _, text in texts for form in forms(text)]
    return {name for name, value in known.items() if any(value.lower() in text for text in everything)}


def forms(text: str) -> Iterator[str]:
    """A text, its percent-decoded form, and the Base64 parts in it decoded, without duplicates."""
    yield text
    unquoted = unquote_plus(text)
    if unquoted != text:
        yield unquoted
    if decoded := "\n".join(map(_decoded, _BASE64.findall(text))):
        yield decoded


def logged(logs: Iterable[Path]) -> Texts:
    """The logs by path; each line once, without times, counts and ids."""
    return [(str(log), _distinct(log.read_text(errors="replace"))) for log in logs]


def _distinct(text: str) -> str:
    return "\n".join(dict.fromkeys(_PASSING.sub("", text).splitlines()))


def stored(url: str) -> Texts:
    """Every text in every table of a database, by table and column, and in the file of counters beside it.

    Content of clients is left out.
    """
    urls = [url] + ([f"{url}-limits"] if Path(f"{url.removeprefix('sqlite:///')}-limits").exists() else [])
    return [each for one in urls for each in _rows(one) if each[0] not in KEPT_FOR_CLIENTS]


def _rows(url: str) -> Iterator[tuple[str, str]]:
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=sa.NullPool)
    with engine.connect() as db:
        for table in sa.inspect(db).get_table_names():
            rows = db.exec_driver_sql(f'SELECT * FROM "{table}"')  # every table, including those that no code declares
            for row in rows.mappings():
                for column, value in row.items():
                    if isinstance(value, bytes | memoryview):
                        yield f"{table}.{column}", bytes(value).decode("latin-1")
                    elif value is not None and not isinstance(value, int | float):
                        yield f"{table}.{column}", str(value)


def _found(text: str) -> Iterator[tuple[str, str]]:
    for kind, pattern in _KINDS.items():
        for match in pattern.finditer(text):
            yield kind, match[0]
    for match in _BASIC.finditer(text):
        if ":" in _decoded(match[1]):  # otherwise it is only the word "Basic" in a sentence
            yield "Basic credentials", match[0]


def _decoded(text: str) -> str:
    body = text.rstrip("=")
    whole = body[:-1] if len(body) % 4 == 1 else body  # drop a last character that cannot be Base64
    return b64decode(whole + "=" * (-len(whole) % 4)).decode("utf-8", "replace")
