"""Settings: their valid values, and the error for an invalid one."""

import dataclasses

import limits
import pytest

from api.rules.settings import ConfigError
from config import Config

SECRET = "a secret for tests, and none to keep"


def test_the_default_is_a_development_server_on_loopback() -> None:
    config = Config.from_environ({})
    assert (config.touchstone_env, config.host, config.port) == ("development", "127.0.0.1", 8000)
    assert config.database_url == "sqlite:///touchstone.db"
    assert config.development


def test_flags_win_over_variables() -> None:
    assert Config.from_environ({"PORT": "1"}, port=2, host=None).port == 2


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "http"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "٨"),
        ("WEB_CONCURRENCY", "0"),
        ("TOUCHSTONE_ENV", "live"),
        ("LOG_LEVEL", "loud"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "postgresql://localhost:http/x"),
        ("DATABASE_URL", "postgresql://[::1/x"),
        ("PUBLIC_URL", "example.org"),
        ("BODY_TIMEOUT", "0"),
        ("BODY_TIMEOUT", "nan"),
        ("LOCK_TIMEOUT", "soon"),
        ("DRAIN_SECONDS", "-1"),
        ("DRAIN_SECONDS", "nan"),
        ("DRAIN_SECONDS", "soon"),
        ("STOP_SECONDS", "0"),
        ("MAX_CONNECTIONS", "0"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "31 characters, and one too few:"),
        ("SECRET_KEY", "changeme" * 8),
        ("SECRET_KEY", "abcdefghi" * 4),
        ("REGISTRATION", "invited"),
        ("REGISTRATION", "true"),
        ("RATE_LIMIT", "600"),
        ("RATE_LIMIT", "0/minute"),
        ("RATE_LIMIT", "-1/minute"),
        ("RATE_LIMIT", "600/minute; 10/second"),
        ("RATE_LIMIT", "600/fortnight"),
        ("RATE_LIMIT", "1e3/minute"),
        ("RATE_LIMIT", "٦/minute"),
        ("LOGIN_LIMIT", "10/0 minutes"),
        ("LOGIN_LIMIT", "ten/minute"),
        ("CORS_ORIGINS", "app.example.org"),
        ("CORS_ORIGINS", "https://app.example.org/"),
        ("CORS_ORIGINS", "https://app.example.org, ftp://app.example.org"),
        ("CORS_ORIGINS", "https://app.example.org none"),
        ("CORS_ORIGINS", "https://user@app.example.org"),
        ("CORS_ORIGINS", "null"),
        ("CORS_ORIGINS", "none, https://app.example.org"),
        # Origins are compared as a whole: one with a star would match nothing, although it looks like a pattern.
        ("CORS_ORIGINS", "https://*.example.org"),
        ("EXPOSE_DEVELOPMENT_ACCOUNTS", "1"),
        ("EXPOSE_DEVELOPMENT_ACCOUNTS", "yes"),
    ],
)
def test_an_invalid_value_is_one_sentence_with_the_variable(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=variable) as error:
        Config.from_environ({variable: value})
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)


def test_only_staging_and_production_wait_for_load_balancers_when_they_stop() -> None:
    deployed = {"TOUCHSTONE_ENV": "production", "SECRET_KEY": SECRET}
    assert Config.from_environ({}).drain_seconds == 0
    assert Config.from_environ(deployed).drain_seconds == 3
    assert Config.from_environ({**deployed, "DRAIN_SECONDS": "0"}).drain_seconds == 0


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_staging_and_production_do_not_start_without_a_secret(environment: str) -> None:
    with pytest.raises(ConfigError, match="SECRET_KEY"):
        Config.from_environ({"TOUCHSTONE_ENV": environment})
    assert not Config.from_environ({"TOUCHSTONE_ENV": environment, "SECRET_KEY": SECRET}).development


def test_a_secret_is_in_no_error_and_no_repr() -> None:
    assert SECRET not in repr(Config.from_environ({"SECRET_KEY": SECRET}))


@pytest.mark.parametrize("key", ["short", "31 characters, and one too few:", "changeme" * 8])
@pytest.mark.parametrize("environment", ["development", "testing", "staging", "production"])
def test_a_weak_secret_is_refused_everywhere_and_not_shown(environment: str, key: str) -> None:
    with pytest.raises(ConfigError, match=r"^SECRET_KEY is too weak") as error:
        Config.from_environ({"TOUCHSTONE_ENV": environment, "SECRET_KEY": key})
    assert "at least 32 random characters" in str(error.value)
    assert key not in str(error.value)


def test_a_secret_of_32_random_characters_is_enough() -> None:
    for key in ("9f86d081884c7d659a2feaa0c55ad015", "abcdefghij" * 3 + "ab", SECRET):
        assert Config.from_environ({"TOUCHSTONE_ENV": "production", "SECRET_KEY": key}).secret_key == key


# Settings that are open in development, and closed in staging and production.
OPEN = {
    "registration": "open",
    "rate_limit": "",
    "login_limit": "",
    "cors_origins": ("*",),
    "spaces": "open",
    "faults": "everywhere",
}
CLOSED = {
    "registration": "closed",
    "rate_limit": "6000/minute",
    "login_limit": "10/15 minutes",
    "cors_origins": (),
    "spaces": "off",
    "faults": "off",
}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [("development", OPEN), ("testing", OPEN), ("staging", CLOSED), ("production", CLOSED)],
)
def test_staging_and_production_start_closed(environment: str, expected: dict[str, object]) -> None:
    config = Config.from_environ({"TOUCHSTONE_ENV": environment, "SECRET_KEY": SECRET})
    assert {name: getattr(config, name) for name in expected} == expected
    assert config.expose_development_accounts is False


@pytest.mark.parametrize("environment", ["development", "production"])
def test_explicit_settings_apply_in_every_environment(environment: str) -> None:
    given = {"REGISTRATION": "Open", "RATE_LIMIT": "None", "LOGIN_LIMIT": "5/Minute", "CORS_ORIGINS": "*"}
    config = Config.from_environ({"TOUCHSTONE_ENV": environment, "SECRET_KEY": SECRET, **given})
    found = (config.registration, config.rate_limit, config.login_limit, config.cors_origins)
    assert found == ("open", "", "5/minute", ("*",))


def test_a_flag_wins_over_the_variable_and_over_the_default_of_production() -> None:
    variables = {"TOUCHSTONE_ENV": "production", "SECRET_KEY": SECRET, "CORS_ORIGINS": "https://a.test"}
    config = Config.from_environ(variables, cors_origins="https://b.test", registration="open")
    assert (config.cors_origins, config.registration) == (("https://b.test",), "open")


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("none", ()),
        ("*", ("*",)),
        ("https://App.Example.org", ("https://app.example.org",)),
        (" https://a.test , http://localhost:3000,", ("https://a.test", "http://localhost:3000")),
        ("http://[::1]:8080", ("http://[::1]:8080",)),
    ],
)
def test_origins_are_separated_by_commas(text: str, origins: tuple[str, ...]) -> None:
    assert Config.from_environ({"CORS_ORIGINS": text}).cors_origins == origins


@pytest.mark.parametrize(
    ("text", "amount", "seconds"),
    [
        ("600/minute", 600, 60),
        ("1/second", 1, 1),
        ("10/15 minutes", 10, 900),
        ("5000/2 hours", 5000, 7200),
        ("7/DAY", 7, 86_400),
        ("999999999/9999 days", 999_999_999, 9999 * 86_400),
    ],
)
def test_a_limit_is_parsed_into_requests_and_seconds(text: str, amount: int, seconds: int) -> None:
    config = Config.from_environ({"RATE_LIMIT": text, "LOGIN_LIMIT": text})
    for limit in (config.rate_limit, config.login_limit):
        parsed = limits.parse(limit)
        assert (parsed.amount, parsed.get_expiry()) == (amount, seconds)


@pytest.mark.parametrize(("text", "exposed"), [("true", True), ("True", True), ("false", False), ("", False)])
def test_exposing_the_development_accounts_requires_true_or_false(text: str, exposed: bool) -> None:
    assert Config.from_environ({"EXPOSE_DEVELOPMENT_ACCOUNTS": text}).expose_development_accounts is exposed


def test_every_setting_has_a_meaning() -> None:
    for field in dataclasses.fields(Config):
        assert field.metadata["meaning"].endswith("."), field.name


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_the_test_bench_is_on_in_production_only_if_it_is_said_twice(environment: str) -> None:
    def settings(**variables: str) -> Config:
        return Config.from_environ({"TOUCHSTONE_ENV": environment, "SECRET_KEY": SECRET, **variables})

    with pytest.raises(ConfigError, match="FAULTS=spaces requires SPACES=admins"):
        settings(FAULTS="spaces")
    with pytest.raises(ConfigError, match="FAULTS=spaces requires SPACES=admins"):
        settings(FAULTS="spaces", SPACES="open")
    with pytest.raises(ConfigError, match="FAULTS=everywhere is not allowed"):
        settings(FAULTS="everywhere", SPACES="admins")
    assert settings(FAULTS="spaces", SPACES="admins").faults == "spaces"
