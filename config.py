"""Settings: one frozen dataclass. A field is an environment variable is one line of documentation.

`Config.from_environ()` reads and checks them; a value that cannot be used is a
`ConfigError` with one sentence that says which variable, and what it takes.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.rules import settings as read
from api.rules.settings import ConfigError

ENVIRONMENTS = ("development", "testing", "staging", "production")
LOG_LEVELS = ("debug", "info", "warning", "error", "critical")
# Delimiters and headers of parts: some 150 bytes each, so that 16 MiB sent by `curl -F` are 16 MiB still.
FRAMING = 64 * 1024
DEPLOYED = ("staging", "production")
MIB = 1024 * 1024
# `changeme` again and again has 8; 32 random hexadecimal digits have fewer than 10 once in 370,000 times.
FEWEST_CHARACTERS = 10
HOW_TO_DRAW = "such as `python3 -c 'import secrets; print(secrets.token_urlsafe(32))'` prints"


def setting(
    default: Any,
    meaning: str,
    reader: Callable[[str, str], Any] = read.text,
    *,
    deployed: str | None = None,
    secret: bool = False,
) -> Any:
    """Declare a field: its default, what it means, how its text is read and checked.

    `deployed` is the default of staging and production, where that is another, as
    text. A secret is never shown.
    """
    return field(
        default=default, metadata={"meaning": meaning, "reader": reader, "deployed": deployed}, repr=not secret
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every setting of Touchstone. Flags of the command line win over these."""

    touchstone_env: str = setting(
        "development", "development, testing, staging or production.", read.one_of(*ENVIRONMENTS)
    )
    host: str = setting("127.0.0.1", "The address to listen on; IPv6 without brackets.")
    port: int = setting(8000, "The port to listen on; 0 takes a free one.", read.whole(0, 65535))
    web_concurrency: int = setting(1, "Worker processes.", read.whole(1, 64))
    threads: int = setting(4, "Threads in each worker that run requests.", read.whole(1, 64))
    max_queued: int = setting(
        128, "Requests that may wait for a thread in each worker; the next one is told 503.", read.whole(1, 100_000)
    )
    max_connections: int = setting(
        10_000,
        "Connections that each worker keeps open, and requests that it works on at once. "
        "The next connection waits until one is closed; the next request is told 503.",
        read.whole(1, 100_000),
    )
    database_url: str = setting(
        "sqlite:///touchstone.db",
        "Where everything is kept: `sqlite:///file.db` or `postgresql://user:password@host:port/name`.",
        read.database_url,
        secret=True,  # it may hold a password
    )
    lock_timeout: float = setting(
        2.0, "Seconds that a write waits for another one before it is told 503.", read.seconds
    )
    secret_key: str = setting(
        "",
        "Signs cursors. Staging and production refuse to start without one of at least 32 random characters; "
        "in development each start makes a random one.",
        secret=True,
    )
    registration: str = setting(
        "open",
        "Who may register at `POST /users`: `open` for anyone, `closed` for administrators.",
        read.one_of("open", "closed"),
        deployed="closed",
    )
    rate_limit: str = setting(
        "",
        "Requests that one address may send, such as `600/minute` or `5000/2 hours`; the next one is told 429. "
        "`none` does not limit. All clients of a reverse proxy that TRUSTED_PROXIES does not name are one address.",
        read.limit,
        deployed="6000/minute",
    )
    login_limit: str = setting(
        "",
        "Logins that may fail for one account from one address, and ten times as many for either by itself; "
        "the next one is told 429. `none` does not limit. All clients of a reverse proxy that TRUSTED_PROXIES does not "
        "name are one address.",
        read.limit,
        deployed="10/15 minutes",
    )
    cors_origins: tuple[str, ...] = setting(
        ("*",),
        "Origins whose pages may read answers, with commas between; `*` is any, `none` is none. "
        "No answer to them allows credentials that a browser adds by itself.",
        read.origins,
        deployed="none",
    )
    expose_development_accounts: bool = setting(
        False,
        "In development and testing, whose accounts have well-known passwords, the server listens on loopback only. "
        "`true` lets it listen anywhere.",
        read.flag,
    )
    public_url: str = setting(
        "",
        "The URL that people reach this server by; links then start with it. Empty: links are paths.",
        read.public_url,
    )
    trusted_proxies: tuple[str, ...] = setting(
        (),
        "Addresses or networks of reverse proxies, with commas between: the client is then whom they name by "
        "`X-Forwarded-For` and `X-Forwarded-Proto`. From all others these fields count for nothing.",
        read.networks,
    )
    max_header_bytes: int = setting(
        32 * 1024,
        "Largest header of a request, in bytes: the names and values of all its fields; beyond it 431. "
        "One field may have 16 KiB.",
        read.whole(1024, MIB),
    )
    max_json_body: int = setting(
        MIB, "Largest body that is parsed (JSON, XML, forms), in bytes.", read.whole(1, 1024 * MIB)
    )
    max_body: int = setting(
        16 * MIB,
        "Largest body that is read at all, in bytes; a form may have 64 KiB more around its files.",
        read.whole(1, 4096 * MIB),
    )
    anonymous_quota: int = setting(
        256 * MIB,
        "Bytes that the messages of senders who are not signed in may take in all, each with 1 KiB beside its content; "
        "beyond it they are told 507.",
        read.whole(0, 1 << 50),
    )
    require_if_match: bool = setting(
        False,
        "`true` tells 428 to who replaces, changes or deletes what has a version without saying by `If-Match` which.",
        read.flag,
    )
    token_max_days: int = setting(
        366, "Days that a token lasts at most; a later `expires_at` is refused with 422.", read.whole(1, 36_500)
    )
    session_idle_minutes: int = setting(
        30,
        "Minutes without a request after which a browser is signed out; after 12 hours it is in any case.",
        read.whole(5, 720),  # the last use is kept to the minute
    )
    body_timeout: float = setting(
        10.0, "Seconds that a request body may pause before the client is told 408.", read.seconds
    )
    header_timeout: float = setting(
        30.0, "Seconds that the header of a request may take, and that a connection may idle.", read.seconds
    )
    drain_seconds: float = setting(
        0.0,
        "Seconds between SIGTERM and the end: all is served, but `/readyz` is 503, so load balancers can turn away.",
        read.pause,
        deployed="3",
    )
    stop_seconds: float = setting(
        6.0, "Seconds that running requests then get to finish before they are cut off.", read.seconds
    )
    log_level: str = setting("info", "debug, info, warning, error or critical.", read.one_of(*LOG_LEVELS))
    log_file: str = setting("", "Where to write the log; empty: standard error.")
    log_max_bytes: int = setting(
        16 * MIB,
        "Size at which the file of the log becomes `<name>.1`, and a new one is begun; 0 lets it grow.",
        read.whole(0, 1 << 40),
    )
    log_backups: int = setting(5, "Files of the log that are kept beside the one that is written.", read.whole(1, 1000))
    metrics: str = setting(
        "open",
        "Who may read `/metrics`: `open` for anyone, `admins` for administrators; `off` counts nothing, and it is 404.",
        read.one_of("open", "admins", "off"),
        deployed="admins",
    )

    @property
    def development(self) -> bool:
        """Whether this is a server for one's own machine: seeded, with a secret of its own."""
        return self.touchstone_env not in DEPLOYED

    @property
    def max_form_body(self) -> int:
        """Largest multipart body: a file of the largest size, and what a form puts around it."""
        return self.max_body + FRAMING

    @property
    def database_file(self) -> Path | None:
        """The file of a SQLite database; None for PostgreSQL."""
        return Path(self.database_url.removeprefix("sqlite:///")) if self.database_url.startswith("sqlite") else None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None, **flags: Any) -> Config:
        """Read the settings from `environ` (default: the process's); `flags` that are not None win.

        Raises ConfigError for a value that cannot be used.
        """
        environ = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        for each in dataclasses.fields(cls):
            variable = each.name.upper()
            given = flags.get(each.name)
            text = str(given) if given is not None else environ.get(variable, "").strip()
            if text:
                values[each.name] = each.metadata["reader"](variable, text)
        if values.get("touchstone_env") in DEPLOYED:
            for each in dataclasses.fields(cls):
                if each.metadata["deployed"] is not None and each.name not in values:
                    values[each.name] = each.metadata["reader"](each.name.upper(), each.metadata["deployed"])
        config = cls(**values)
        if config.secret_key and (len(config.secret_key) < 32 or len(set(config.secret_key)) < FEWEST_CHARACTERS):
            raise ConfigError(f"SECRET_KEY is too weak to be safe: use at least 32 random characters, {HOW_TO_DRAW}.")
        if not config.secret_key and not config.development:
            raise ConfigError(
                f"SECRET_KEY is not set, and {config.touchstone_env} does not start without one: "
                f"set it to at least 32 random characters, {HOW_TO_DRAW}."
            )
        return config
