"""Settings: one frozen dataclass. Each field is an environment variable and one line of documentation.

`Config.from_environ()` reads and checks them. A bad value raises `ConfigError` with one
sentence that names the variable and the values that it takes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.rules import settings as read
from api.rules.own_options import ACCESS, STYLES, Files, Options
from api.rules.settings import ConfigError, setting

ENVIRONMENTS = ("development", "testing", "staging", "production")
LOG_LEVELS = ("debug", "info", "warning", "error", "critical")
# Room for delimiters and headers of parts, some 150 bytes each, so that `curl -F` can send a file of 16 MiB.
FRAMING = 64 * 1024
DEPLOYED = ("staging", "production")
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every setting of Touchstone. Flags of the command line override them."""

    touchstone_env: str = setting(
        "development",
        "development, testing, staging or production. Testing is development with cheap password hashes.",
        read.one_of(*ENVIRONMENTS),
    )
    host: str = setting("127.0.0.1", "Address to listen on; IPv6 without brackets.")
    port: int = setting(8000, "Port to listen on; 0 uses a free one.", read.whole(0, 65535))
    web_concurrency: int = setting(1, "Worker processes.", read.whole(1, 64))
    threads: int = setting(4, "Threads in each worker that run requests.", read.whole(1, 64))
    max_queued: int = setting(
        128, "Requests that can wait for a thread in each worker; further ones get 503.", read.whole(1, 100_000)
    )
    max_connections: int = setting(
        10_000,
        "Open connections, and concurrent requests, of each worker. "
        "Further connections wait until one closes; further requests get 503.",
        read.whole(1, 100_000),
    )
    database_url: str = setting(
        "sqlite:///touchstone.db",
        "The database: `sqlite:///file.db` or `postgresql://user:password@host:port/name`.",
        read.database_url,
        secret=True,  # it may hold a password
    )
    lock_timeout: float = setting(2.0, "Seconds that a write waits for another one before it gets 503.", read.seconds)
    secret_key: str = setting(
        "",
        "Signs cursors. Staging and production do not start without at least 32 random characters; "
        "in development each start generates a new key.",
        secret=True,
    )
    registration: str = setting(
        "open",
        "Registration at `POST /users`: `open` to everyone, or `closed` to all but administrators.",
        read.one_of("open", "closed"),
        deployed="closed",
    )
    rate_limit: str = setting(
        "",
        "Requests allowed for one address, such as `600/minute` or `5000/2 hours`; further ones get 429. `none` is no "
        "limit. All clients of a reverse proxy that is missing in TRUSTED_PROXIES count as one address.",
        read.limit,
        deployed="6000/minute",
    )
    login_limit: str = setting(
        "",
        "Failed logins allowed for one account from one address, and ten times as many for either alone; more logins "
        "get 429. `none` is no limit. All clients of a reverse proxy that is missing in TRUSTED_PROXIES count as one "
        "address.",
        read.limit,
        deployed="10/15 minutes",
    )
    cors_origins: tuple[str, ...] = setting(
        ("*",),
        "Comma-separated origins whose pages can read answers; `*` is any, `none` is none. "
        "Credentials that a browser adds by itself are never allowed.",
        read.origins,
        deployed="none",
    )
    expose_development_accounts: bool = setting(
        False,
        "Accounts in development and testing have well-known passwords, so the server listens on loopback only. "
        "`true` lets it listen on any address.",
        read.flag,
    )
    public_url: str = setting(
        "", "Public URL of this server; links then start with it. Empty: links are paths.", read.public_url
    )
    trusted_proxies: tuple[str, ...] = setting(
        (),
        "Comma-separated addresses or networks of reverse proxies: the client's address and scheme come from their "
        "`X-Forwarded-For` and `X-Forwarded-Proto`. From other senders these fields are ignored.",
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
        "Largest body of any kind, in bytes; a form can have 64 KiB more around its files.",
        read.whole(1, 4096 * MIB),
    )
    anonymous_quota: int = setting(
        256 * MIB,
        "Bytes for all anonymous messages together; each counts 1 KiB more than its content. Beyond it they get 507.",
        read.whole(0, 1 << 50),
    )
    require_if_match: bool = setting(
        False, "`true` requires `If-Match` on changes to versioned resources; otherwise 428.", read.flag
    )
    token_max_days: int = setting(
        366, "Days that a token lasts at most; a later `expires_at` is refused with 422.", read.whole(1, 36_500)
    )
    session_idle_minutes: int = setting(
        30,
        "Minutes without a request after which a browser is signed out. It is always signed out after 12 hours.",
        read.whole(5, 720),  # the last use is stored to the minute
    )
    body_timeout: float = setting(
        10.0, "Seconds that a request body can pause before the client gets 408.", read.seconds
    )
    header_timeout: float = setting(
        30.0, "Seconds allowed for the header of a request, and for an idle connection.", read.seconds
    )
    drain_seconds: float = setting(
        0.0,
        "Seconds between SIGTERM and the stop, in which `/readyz` is 503 and everything else is served, so that load "
        "balancers can react.",
        read.seconds_between(0, 3600),
        deployed="3",
    )
    stop_seconds: float = setting(
        6.0, "Seconds after that for running requests to finish before they are cut off.", read.seconds
    )
    spaces: str = setting(
        "open",
        "Who makes and controls spaces: `open` to everyone, `admins` only, or `off`: `/spaces` and `/in` are 404.",
        read.one_of("open", "admins", "off"),
        deployed="off",
    )
    spaces_dir: str = setting("", "Folder of the spaces; empty: a fresh temporary folder, deleted at exit.")
    spaces_most: int = setting(1000, "Spaces that can exist; further ones get 507.", read.whole(1, 1_000_000))
    spaces_open: int = setting(256, "Spaces that each worker keeps open; others take 2 ms.", read.whole(1, 10_000))
    spaces_idle_minutes: int = setting(60, "Minutes without use until a space is deleted.", read.whole(1, 525_600))
    space_bytes: int = setting(64 * MIB, "Largest size of a space in bytes; then 507.", read.whole(MIB, 1 << 40))
    faults: str = setting(
        "everywhere",
        "Where faults can be ordered, by the field Touchstone-Fault and by rules: `off`, in `spaces`, or `everywhere`. "
        "Staging and production allow `spaces`, and only with SPACES=admins.",
        read.one_of("off", "spaces", "everywhere"),
        deployed="off",
    )
    journal: str = setting(
        "spaces",
        "Where the server keeps a journal of requests: `off`, in `spaces`, or `everywhere`. "
        "Staging and production allow `spaces`, and only with SPACES=admins.",
        read.one_of("off", "spaces", "everywhere"),
        deployed="off",
    )
    journal_entries: int = setting(1000, "Entries that the journal keeps of each space.", read.whole(1, 100_000))
    journal_body: int = setting(64 * 1024, "Bytes that the journal keeps of each body.", read.whole(0, 16 * MIB))
    journal_redact: tuple[str, ...] = setting(
        (),
        "Comma-separated names of header fields, members, form fields and parameters whose values the journal hides, "
        "besides `Authorization`, `Cookie`, `Set-Cookie`, `Proxy-Authorization`, `password`, `token`, `secret` and "
        "others that it always hides.",
        read.names,
    )
    answer_cache: bool = setting(
        True,
        "`true` keeps answers to public reads in the memory of each worker, 8 MiB at most, until the next commit. "
        "No answer differs, and on PostgreSQL nothing is kept.",
        read.flag,
    )
    toolbox: str = setting(
        "on",
        "`on` serves the endpoints of httpbin at `/httpbin`, which show what clients send. `off`: they are 404. "
        "`run.py httpbin` always serves them.",
        read.one_of("on", "off"),
        deployed="off",
    )
    toolbox_max_body: int = setting(
        MIB, "Largest body in the toolbox, except for uploads, in bytes; beyond it 413.", read.whole(1, 16 * MIB)
    )
    toolbox_max_seconds: float = setting(10.0, "Longest wait in the toolbox, in seconds.", read.seconds_between(0, 60))
    toolbox_redirect_hosts: tuple[str, ...] = setting(
        (),
        "Comma-separated hosts that `/httpbin/redirect-to` leads to, besides this server and loopback addresses. "
        "In development and testing it leads to any host.",
        read.hosts,
    )
    toolbox_hostname: str = setting("touchstone", "The name that `/httpbin/hostname` shows.")
    data: str = setting("", "JSON file with your own data, served instead of the example resources.", read.file)
    data_schema: str = setting(
        "", "JSON file with the JSON Schemas of the collections; bad documents get 422.", read.file
    )
    data_openapi: str = setting("", "OpenAPI document whose collections are served; DATA can fill them.", read.file)
    data_style: str = setting("json-server", "Style of own data: `json-server` or `touchstone`.", read.one_of(*STYLES))
    data_access: str = setting(
        "open",
        "Access to your own data: `open`, `read` (writing requires signing in), or `signed-in`.",
        read.one_of(*ACCESS),
        deployed="signed-in",
    )
    data_watch: bool = setting(
        False, "`true` loads DATA again when the file changes; changes made over HTTP are lost then.", read.flag
    )
    data_id_member: str = setting("id", "Member of your documents that has their id.", read.member)
    data_foreign_key_suffix: str = setting("Id", "End of members that name another document.", read.member)
    log_level: str = setting("info", "debug, info, warning, error or critical.", read.one_of(*LOG_LEVELS))
    log_file: str = setting("", "File of the log; empty: standard error.")
    log_max_bytes: int = setting(
        16 * MIB,
        "Size at which the log file becomes `<name>.1`, and a new one starts; 0: never.",
        read.whole(0, 1 << 40),
    )
    log_backups: int = setting(5, "Old log files to keep.", read.whole(1, 1000))
    metrics: str = setting(
        "open",
        "Access to `/metrics`: `open` to everyone, or `admins` only. `off` counts nothing, and `/metrics` is 404.",
        read.one_of("open", "admins", "off"),
        deployed="admins",
    )

    @property
    def development(self) -> bool:
        """Whether this server is for local use: with example data and a random secret."""
        return self.touchstone_env not in DEPLOYED

    @property
    def registration_open(self) -> bool:
        """Whether anyone may register."""
        return self.registration == "open"

    @property
    def checks_answers(self) -> bool:
        """Whether an answer that its method does not declare is an error."""
        return self.touchstone_env == "testing"

    @property
    def data_files(self) -> Files:
        """The files of own data."""
        return Files.of(self.data, self.data_schema, self.data_openapi)

    @property
    def data_options(self) -> Options:
        """How own data is served."""
        return Options(self.data_style, self.data_access, self.data_id_member, self.data_foreign_key_suffix)

    @property
    def max_form_body(self) -> int:
        """Largest multipart body: a file of the largest size, plus the framing of a form."""
        return self.max_body + FRAMING

    @property
    def database_file(self) -> Path | None:
        """The file of a SQLite database; None for PostgreSQL."""
        return Path(self.database_url.removeprefix("sqlite:///")) if self.database_url.startswith("sqlite") else None

    @classmethod
    def from_environ(
        cls, environ: Mapping[str, str] | None = None, spelled: Mapping[str, str] | None = None, **flags: Any
    ) -> Config:
        """Read the settings from `environ` (default: the process's); `flags` that are not None override it.

        `spelled` has the flags as they are typed, by the names of the fields, for error messages. Raises ConfigError
        for a bad value.
        """
        values = read.values_of(cls, os.environ if environ is None else environ, flags, spelled or {})
        if values.get("touchstone_env") in DEPLOYED:
            values = {**read.defaults_of(cls, "deployed"), **values}
        config = cls(**values)
        if config.secret_key:
            read.check_secret(config.secret_key)
        elif not config.development:
            raise ConfigError(
                f"SECRET_KEY is not set, and {config.touchstone_env} does not start without one: "
                f"set it to at least 32 random characters, {read.HOW_TO_DRAW}."
            )
        if not config.development:
            read.check_deployed_bench("FAULTS", config.faults, config.touchstone_env, config.spaces)
            read.check_deployed_bench("JOURNAL", config.journal, config.touchstone_env, config.spaces)
        return config
