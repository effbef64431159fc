"""Readers of settings: each takes the name and the text of a variable, and returns the value.

For a bad text it raises ConfigError with one sentence that names the variable and the accepted values.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import field, fields
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit


class ConfigError(ValueError):
    """A bad setting. Its text is one sentence for the operator."""


def text(name: str, value: str) -> str:
    """Any text, unchanged."""
    return value


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
    return field(
        default=default, metadata={"meaning": meaning, "reader": reader, "deployed": deployed}, repr=not secret
    )


def sent_values(
    config: Any, environ: Mapping[str, str], spelled: Mapping[str, str], flags: Mapping[str, Any]
) -> dict[str, Any]:
    """The values of the settings in `environ`, and of the flags that are not None. Raises ConfigError."""
    values: dict[str, Any] = {}
    for each in fields(config):
        variable, given = each.name.upper(), flags.get(each.name)
        sent = str(given) if given is not None else environ.get(variable, "").strip()
        if sent:
            name = variable if given is None else spelled.get(each.name, variable)
            values[each.name] = each.metadata["reader"](name, sent)
    return values


def deployed_values(config: Any) -> dict[str, Any]:
    """The defaults of staging and production that differ."""
    return {
        each.name: each.metadata["reader"](each.name.upper(), each.metadata["deployed"])
        for each in fields(config)
        if each.metadata["deployed"] is not None
    }


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
