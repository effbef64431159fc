"""Passwords are hashed at full cost in every environment except testing, whatever else is set (CONTRACT §9)."""

import pytest
from argon2 import extract_parameters

from api.app import create_app
from api.rules import passwords
from config import ENVIRONMENTS, Config


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_application_hashes_as_its_environment_needs_it(environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_environments", set())
    monkeypatch.setattr(passwords, "_hasher", passwords._FULL)
    create_app(Config.from_environ({"TOUCHSTONE_ENV": environment, "SECRET_KEY": "0123456789abcdef" * 2}))
    parameters = extract_parameters(passwords.hash_password("password"))
    full = (19 * 1024, 2)
    assert (parameters.memory_cost, parameters.time_cost) == ((8, 1) if environment == "testing" else full)
