"""Passwords are hashed with Argon2id, and only correct ones are remembered, for a short time (CONTRACT §9)."""

from functools import partial

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import VerifyMismatchError
from cachetools import TTLCache

from api.rules import passwords
from api.rules.accounts import DEVELOPMENT_PASSWORDS
from api.rules.passwords import VerifiedPasswords, fits, hash_password

COMPOSED, IN_PARTS = "caf\u00e9-stra\u00dfe", "cafe\u0301-stra\u00dfe"


def hash_of(password: str) -> str:
    """Replaces a hash in tests that only count the calls of Argon2."""
    return f"hash of {password}"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that Argon2 was asked to verify, in order; a fast replacement verifies them."""
    found: list[str] = []

    def counted(password: str, password_hash: str | None) -> bool:
        found.append(password)
        return password_hash is not None and password_hash.endswith(hash_of(password))

    monkeypatch.setattr(passwords, "fits", counted)
    return found


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds, which pass only when the test says so."""
    found = [1000.0]
    monkeypatch.setattr(passwords, "TTLCache", partial(TTLCache, timer=lambda: found[0]))
    return found


@pytest.fixture(autouse=True)
def full_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behave as in a process without an application: other tests of this process create applications for testing."""
    monkeypatch.setattr(passwords, "_environments", set())
    monkeypatch.setattr(passwords, "_hasher", passwords._FULL)


def memory_cost() -> int:
    """The KiB that a hash takes."""
    return extract_parameters(hash_password("password")).memory_cost


@pytest.mark.parametrize("environment", ["development", "staging", "production", "Testing", "testing ", ""])
def test_only_testing_hashes_cheaply(environment: str) -> None:
    passwords.choose_cost("testing")
    assert memory_cost() == 8
    passwords.choose_cost(environment)
    assert memory_cost() == 19 * 1024
    passwords.choose_cost("testing")
    assert memory_cost() == 19 * 1024


def test_a_password_fits_a_hash_of_any_cost() -> None:
    full = hash_password("password")
    passwords.choose_cost("testing")
    cheap = hash_password("password")
    assert [fits("password", each) for each in (full, cheap)] == [True, True]
    assert [fits("Password", each) for each in (full, cheap)] == [False, False]
    passwords.choose_cost("production")
    assert [fits("password", each) for each in (full, cheap)] == [True, True]


def test_a_slow_digest_costs_as_much_as_a_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """The digest of a request with a password must be as slow to guess from as the hash."""
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(passwords, "hash_secret_raw", lambda *cost: asked.append(cost) or b"")
    for environment in ("testing", "production"):
        passwords.choose_cost(environment)
        passwords.slow_digest(b"content")
    assert [(time, memory) for _, _, time, memory, *_ in asked] == [(1, 8), (2, 19 * 1024)]


def test_a_hash_is_argon2id_and_costs_what_owasp_asks_for() -> None:
    parameters = extract_parameters(hash_password("password"))
    assert parameters.type is Type.ID
    assert parameters.memory_cost >= 19 * 1024  # KiB
    assert parameters.time_cost >= 2
    assert parameters.salt_len >= 16
    assert parameters.hash_len >= 32


def test_a_hash_is_salted_and_holds_no_password() -> None:
    first, second = hash_password("password-of-john"), hash_password("password-of-john")
    assert first != second
    assert "password-of-john" not in first
    assert fits("password-of-john", first)
    assert fits("password-of-john", second)


def test_only_the_password_itself_fits() -> None:
    long = "x" * 100
    password_hash = hash_password(f"{long}-Pass word")
    assert fits(f"{long}-Pass word", password_hash)
    for wrong in (
        "",
        "Pass word",
        long,
        f"{long}-pass word",
        f"{long}-Pass word ",
        f"{long}-Pass word\0",
        password_hash,
    ):
        assert not fits(wrong, password_hash), wrong


@pytest.mark.parametrize(("set_as", "sent_as"), [(COMPOSED, IN_PARTS), (IN_PARTS, COMPOSED)])
def test_a_password_fits_however_its_letters_are_put_together(set_as: str, sent_as: str) -> None:
    assert fits(sent_as, hash_password(set_as))


@pytest.mark.parametrize("password", ["", "None", "secret", "A" * 32, "\0" * 32])
def test_without_a_hash_no_password_fits(password: str) -> None:
    assert fits(password, None) is False


def test_without_a_hash_even_a_password_that_fits_the_dummy_hash_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PasswordHasher, "verify", lambda *_: True)
    assert fits("password", "some hash") is True
    assert fits("password", None) is False


@pytest.mark.parametrize("password_hash", ["", "secret", "$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1$AAAA", "\0"])
def test_a_malformed_hash_matches_no_password(password_hash: str) -> None:
    assert fits("secret", password_hash) is False


def test_without_a_hash_as_much_is_computed_as_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the time of a refusal would reveal which accounts exist."""
    computed: list[str] = []

    verify = PasswordHasher.verify

    def noted(hasher: PasswordHasher, password_hash: str, password: str) -> bool:
        try:
            return verify(hasher, password_hash, password)
        except VerifyMismatchError:  # raised only after the complete Argon2 computation
            computed.append(password_hash)
            raise

    known = hash_password("password")
    monkeypatch.setattr(PasswordHasher, "verify", noted)
    fits("wrong", known)
    fits("wrong", None)
    assert len(computed) == 2
    assert extract_parameters(computed[1]) == extract_parameters(computed[0])


def test_a_right_password_is_computed_once(asked: list[str]) -> None:
    verified = VerifiedPasswords()
    assert [verified.fits("right", hash_of("right")) for _ in range(3)] == [True] * 3
    assert asked == ["right"]


def test_a_wrong_password_is_computed_each_time(asked: list[str]) -> None:
    verified = VerifiedPasswords()
    assert [verified.fits("wrong", hash_of("right")) for _ in range(3)] == [False] * 3
    assert asked == ["wrong"] * 3


def test_a_right_password_makes_no_wrong_one_fit(asked: list[str]) -> None:
    verified = VerifiedPasswords()
    assert verified.fits("right", hash_of("right"))
    for wrong in ("wrong", "Right", "right ", "right\0", ""):
        assert not verified.fits(wrong, hash_of("right")), wrong
    assert verified.fits("right", hash_of("right"))
    assert len(asked) == 6


def test_a_new_hash_is_not_fitted_by_the_old_password() -> None:
    verified = VerifiedPasswords()
    old, new = hash_password("old-password"), hash_password("new-password")
    assert verified.fits("old-password", old)
    assert not verified.fits("old-password", new)
    assert verified.fits("new-password", new)


def test_the_same_password_hashed_anew_is_computed_anew(asked: list[str]) -> None:
    verified = VerifiedPasswords()
    for password_hash in (f"salt 1, {hash_of('same')}", f"salt 2, {hash_of('same')}"):
        assert verified.fits("same", password_hash)
    assert asked == ["same", "same"]


def test_hash_and_password_are_told_apart(asked: list[str]) -> None:
    """An entry for `a` and `b` must not match another pair that looks the same when joined."""
    verified = VerifiedPasswords()
    assert verified.fits("ab", hash_of("ab"))
    assert not verified.fits("b", hash_of("ab") + "a")
    assert not verified.fits("", hash_of("ab") + "ab")


def test_without_a_hash_nothing_fits_and_nothing_is_remembered(asked: list[str]) -> None:
    verified = VerifiedPasswords()
    assert [verified.fits("password", None) for _ in range(2)] == [False, False]
    assert asked == ["password"] * 2


def test_two_spellings_of_a_password_are_remembered_as_one(asked: list[str]) -> None:
    verified = VerifiedPasswords()
    assert verified.fits(COMPOSED, hash_of(COMPOSED))
    assert verified.fits(IN_PARTS, hash_of(COMPOSED))
    assert asked == [COMPOSED]


def test_remembered_passwords_expire(asked: list[str], clock: list[float]) -> None:
    verified = VerifiedPasswords(seconds=300)
    verified.fits("right", hash_of("right"))
    clock[0] += 299
    assert verified.fits("right", hash_of("right"))
    assert len(asked) == 1
    clock[0] += 2  # 301 seconds after it was computed: using an entry does not extend it
    assert verified.fits("right", hash_of("right"))
    assert len(asked) == 2


def test_no_more_are_remembered_than_was_said(asked: list[str]) -> None:
    verified = VerifiedPasswords(most=2)
    for password in ("first", "second", "third"):
        assert verified.fits(password, hash_of(password))
    assert verified.fits("third", hash_of("third"))
    assert len(asked) == 3
    assert verified.fits("first", hash_of("first"))
    assert asked[3:] == ["first"]


def test_wrong_passwords_push_no_right_one_out(asked: list[str]) -> None:
    verified = VerifiedPasswords(most=2)
    assert verified.fits("right", hash_of("right"))
    for number in range(10):
        assert not verified.fits(f"wrong {number}", hash_of("right"))
    asked.clear()
    assert verified.fits("right", hash_of("right"))
    assert asked == []


def test_another_process_remembers_nothing_of_it(asked: list[str]) -> None:
    for _ in range(2):
        assert VerifiedPasswords().fits("right", hash_of("right"))
    assert len(asked) == 2


def test_no_password_is_kept_in_memory(asked: list[str]) -> None:
    verified = VerifiedPasswords()
    verified.fits("a-password-to-look-for", hash_of("a-password-to-look-for"))
    assert "to-look-for" not in repr(vars(verified))


@pytest.mark.parametrize("password", DEVELOPMENT_PASSWORDS.values())
def test_the_prepared_hash_of_a_development_password_fits_it_at_full_cost(password: str) -> None:
    prepared = passwords.hash_of_development_password(password)
    assert prepared == passwords.hash_of_development_password(password)
    assert fits(password, prepared)
    assert not fits(f"{password} ", prepared)
    assert not passwords._FULL.check_needs_rehash(prepared)


def test_only_development_passwords_have_prepared_hashes() -> None:
    assert passwords._WELL_KNOWN.keys() == set(DEVELOPMENT_PASSWORDS.values())
