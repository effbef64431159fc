"""Settings: what they may be, and the sentence that a wrong one gets."""

import dataclasses

import pytest

from config import Config, ConfigError

SECRET = "a secret for tests, and none to keep"


def test_without_anything_it_is_a_development_server_on_loopback() -> None:
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
        ("SECRET_KEY", "short"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_in_one_sentence(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=variable) as error:
        Config.from_environ({variable: value})
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_outside_development_there_is_no_start_without_a_secret(environment: str) -> None:
    with pytest.raises(ConfigError, match="SECRET_KEY"):
        Config.from_environ({"TOUCHSTONE_ENV": environment})
    assert not Config.from_environ({"TOUCHSTONE_ENV": environment, "SECRET_KEY": SECRET}).development


def test_a_secret_is_in_no_error_and_no_representation() -> None:
    assert SECRET not in repr(Config.from_environ({"SECRET_KEY": SECRET}))


def test_every_setting_says_what_it_means() -> None:
    for field in dataclasses.fields(Config):
        assert field.metadata["meaning"].endswith("."), field.name
