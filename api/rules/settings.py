"""Readers of settings: each takes the name and the text of a variable, and returns the value.

For a bad text it raises ConfigError with one sentence that names the variable and the accepted values.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from api.rules.targets import valid_host

# A repeated `changeme` has 8 different ones; 32 random hexadecimal digits have fewer than 10 once in 370,000 times.
FEWEST_CHARACTERS = 10
HOW_TO_DRAW = "such as `python3 -c 'import secrets; print(secrets.token_urlsafe(32))'` prints"


class ConfigError(ValueError):
    """A bad setting. Its text is one sentence for the operator."""


def text(name: str, value: str) -> str:
    """Any text, unchanged."""
    return value


def file(name: str, value: str) -> str:
    """The path of a file that exists."""
    if not Path(value).is_file():
        raise ConfigError(f"{name} is {value!r}, which is no readable file: check the path.")
    return value


def member(name: str, value: str) -> str:
    """The name of a member of JSON objects, or a part of one."""
    if not re.fullmatch(r"[A-Za-z0-9_$@-]{1,64}", value):
        raise ConfigError(f"{name} is {value!r}: use 1 to 64 letters, digits, `_`, `-`, `$` and `@`.")
    return value


def one_of(*choices: str) -> Callable[[str, str], str]:
    """One of these words, in any case."""

    def read(name: str, value: str) -> str:
        if value.lower() not in choices:
            raise ConfigError(f"{name} is {value!r}: use one of {', '.join(choices)}.")
        return value.lower()

    return read


def names(name: str, value: str) -> tuple[str, ...]:
    """Names separated by commas: letters, digits, `-` and `_`."""
    found = tuple(each.strip() for each in value.split(","))
    for each in found:
        if not re.fullmatch("[A-Za-z0-9_-]{2,64}", each):
            raise ConfigError(
                f"{name} is {value!r}: use names of 2 to 64 letters, digits, - and _, separated by commas."
            )
    return found


def whole(least: int, most: int) -> Callable[[str, str], int]:
    """A whole number from `least` to `most`."""

    def read(name: str, value: str) -> int:
        if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
            raise ConfigError(f"{name} is {value!r}: use a whole number from {least} to {most}.")
        return int(value)

    return read


def seconds(name: str, value: str) -> float:
    """A number of seconds above 0, at most an hour."""
    try:
        found = float(value)
    except ValueError:
        found = 0.0
    if not 0 < found <= 3600:
        raise ConfigError(f"{name} is {value!r}: use a number of seconds above 0, at most 3600.")
    return found


def seconds_between(least: float, most: float) -> Callable[[str, str], float]:
    """A number of seconds from `least` to `most`."""

    def read(name: str, value: str) -> float:
        try:
            found = float(value)
        except ValueError:
            found = least - 1
        if not least <= found <= most:
            raise ConfigError(f"{name} is {value!r}: use a number of seconds from {least:g} to {most:g}.")
        return found

    return read


def database_url(name: str, value: str) -> str:
    """The URL of a supported database."""
    if not value.startswith(("sqlite:///", "postgresql://")):
        raise ConfigError(
            f"{name} is not a supported database: use sqlite:///path/to/file.db or postgresql://user@host/name."
        )
    try:
        _ = urlsplit(value).port
    except ValueError:
        raise ConfigError(f"{name} has a bad host or port: use postgresql://user@host:5432/name.") from None
    if value in ("sqlite://", "sqlite:///", "sqlite:///:memory:"):
        raise ConfigError(
            f"{name} names a database in memory, which workers cannot share: use --ephemeral for a fresh one."
        )
    return value


def public_url(name: str, value: str) -> str:
    """An HTTP URL without a slash at its end, or nothing."""
    if value and not value.startswith(("http://", "https://")):
        raise ConfigError(f"{name} is {value!r}: use an http:// or https:// URL.")
    return value.rstrip("/")


def flag(name: str, value: str) -> bool:
    """True or false."""
    return bool(one_of("true", "false")(name, value) == "true")


def origins(name: str, value: str) -> tuple[str, ...]:
    """Comma-separated origins; `*` for any, `none` for none."""
    origins = tuple(each.strip().lower() for each in value.split(",") if each.strip())
    if origins == ("none",):
        return ()
    for origin in origins:
        if origin != "*" and not re.fullmatch(r"https?://[^/?#@*\s]+", origin):
            raise ConfigError(
                f"{name} has {origin!r}: use origins such as https://app.example.org, or * for any, or none."
            )
    return origins


def hosts(name: str, value: str) -> tuple[str, ...]:
    """Comma-separated hosts, with or without ports, in lower case."""
    hosts = tuple(each.strip().lower() for each in value.split(",") if each.strip())
    for host in hosts:
        if not valid_host(host):
            raise ConfigError(
                f"{name} has {host!r}: use comma-separated hosts such as example.org or example.org:8080."
            )
    return hosts


def networks(name: str, value: str) -> tuple[str, ...]:
    """Comma-separated addresses or networks."""
    networks = tuple(each.strip() for each in value.split(",") if each.strip())
    for each in networks:
        try:
            ip_network(each, strict=False)
        except ValueError:
            raise ConfigError(
                f"{name} has {each!r}: use comma-separated addresses or networks such as 127.0.0.1 or 10.0.0.0/8."
            ) from None
    return networks


def limit(name: str, value: str) -> str:
    """A number in a period, such as `600/minute`; `none` gives an empty text."""
    if value.lower() == "none":
        return ""
    form = re.fullmatch(r"([1-9][0-9]{0,8})/(?:([1-9][0-9]{0,3}) )?(second|minute|hour|day)s?", value.lower())
    if not form:
        raise ConfigError(f"{name} is {value!r}: use a limit such as 600/minute or 10/15 minutes, or none.")
    return value.lower()


def setting(
    default: Any,
    meaning: str,
    reader: Callable[[str, str], Any] = text,
    *,
    deployed: str | None = None,
    secret: bool = False,
) -> Any:
    """Declare a field: its default, its meaning, and the reader that checks its text.

    `deployed` is the default of staging and production as text, if it differs. A
    secret is never shown.
    """
    return dataclasses.field(
        default=default, metadata={"meaning": meaning, "reader": reader, "deployed": deployed}, repr=not secret
    )


def values_of(
    kind: Any, environ: Mapping[str, str], flags: Mapping[str, Any], spelled: Mapping[str, str]
) -> dict[str, Any]:
    """The values of the settings that are given, by field of the dataclass `kind`; flags that are not None come first.

    `spelled` has the flags as they are typed, by the names of the fields, for error messages. Raises ConfigError.
    """
    values: dict[str, Any] = {}
    for each in dataclasses.fields(kind):
        variable = each.name.upper()
        given = flags.get(each.name)
        text = str(given) if given is not None else environ.get(variable, "").strip()
        if text:
            name = variable if given is None else spelled.get(each.name, variable)
            values[each.name] = each.metadata["reader"](name, text)
    return values


def defaults_of(kind: Any, where: str) -> dict[str, Any]:
    """The defaults that differ there, such as those of `deployed` servers, by field of the dataclass `kind`."""
    return {
        each.name: each.metadata["reader"](each.name.upper(), each.metadata[where])
        for each in dataclasses.fields(kind)
        if each.metadata[where] is not None
    }


def check_secret(value: str) -> None:
    """Check that a SECRET_KEY is hard to guess. Raises ConfigError."""
    if len(value) < 32 or len(set(value)) < FEWEST_CHARACTERS:
        raise ConfigError(f"SECRET_KEY is too weak to be safe: use at least 32 random characters, {HOW_TO_DRAW}.")


def check_deployed_bench(variable: str, value: str, environment: str, spaces: str) -> None:
    """Check that a setting of the test bench is safe in staging or production. Raises ConfigError."""
    if value == "everywhere":
        raise ConfigError(f"{variable}=everywhere is not allowed in {environment}: use spaces, or off.")
    if value != "off" and spaces != "admins":
        raise ConfigError(f"{variable}={value} requires SPACES=admins in {environment}.")
