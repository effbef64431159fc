"""Passwords: hashed with Argon2id (RFC 9106), and verified without telling more than yes or no."""

import hashlib
import os
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret_raw
from cachetools import TTLCache

# The first choice of OWASP's Password Storage Cheat Sheet: 19 MiB and two passes in one lane, 25 ms here. With RFC
# 9106's 64 MiB, four logins at once would take 256 MiB of a worker.
_FULL = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16)
# The lowest cost that Argon2 allows, 0.1 ms: tests create thousands of accounts.
_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, hash_len=32, salt_len=16)

_hasher = _FULL
# The values of TOUCHSTONE_ENV that this process has worked for.
_environments: set[str] = set()


def choose_cost(environment: str) -> None:
    """Set the cost of hashes in this process for a TOUCHSTONE_ENV: low for `testing`, full for any other.

    A process that has worked for another environment never hashes at low cost again.
    """
    global _hasher
    _environments.add(environment)
    _hasher = _CHEAP if _environments == {"testing"} else _FULL


def hash_password(password: str) -> str:
    """The hash to keep of a password, salted: never the same twice. Takes as long as a login."""
    return _hasher.hash(unicodedata.normalize("NFC", password))


def slow_digest(content: bytes) -> bytes:
    """A digest of 32 bytes, always the same, that takes as long as a password's: of what holds a password."""
    return hash_secret_raw(
        content, b"touchstone", _hasher.time_cost, _hasher.memory_cost, _hasher.parallelism, _hasher.hash_len, Type.ID
    )


def fits(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one that was hashed, at whatever cost.

    Without a hash it never is, and this takes as long to say as with one.
    """
    try:
        _hasher.verify(password_hash or _nobody(), unicodedata.normalize("NFC", password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def _nobody() -> str:
    """What no password fits: verified where there is no account, so that this takes as long as where there is one."""
    cost = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v=19${cost}$" + "A" * 22 + "$" + "A" * 43


class VerifiedPasswords:
    """Remembers for a short time which password fits which hash, so that a busy client pays for Argon2 once.

    What is kept is a keyed digest (BLAKE2b) of hash and password together, under a key that
    was drawn when the server started and is never written anywhere. It is safe, because

    - what it says can never become false: a new password has a new hash, with
      another salt, which nothing here fits. Whether the account still has this hash,
      this role, or is there at all, is read from the database at each request;
    - a wrong password is never remembered, and always costs the whole of Argon2;
    - it tells nothing to who has a copy of the database but not the key; who reads this process's memory, with
      the key, finds no password there, and what could be tried against the digests is gone after `seconds`.
    """

    def __init__(self, *, seconds: float = 300.0, most: int = 1024) -> None:
        self._key = os.urandom(64)
        self._fitting: TTLCache[bytes, bool] = TTLCache(most, seconds)
        self._lock = threading.Lock()

    def remembers(self, password: str, password_hash: str | None) -> bool:
        """Whether the password was found to fit the hash a short time ago."""
        with self._lock:
            return self._digest(password, password_hash) in self._fitting

    def fits(self, password: str, password_hash: str | None) -> bool:
        """Whether the password fits the hash, as `fits` says; remembered if it does."""
        if self.remembers(password, password_hash):
            return True
        if not fits(password, password_hash):
            return False
        with self._lock:
            self._fitting[self._digest(password, password_hash)] = True
        return True

    def _digest(self, password: str, password_hash: str | None) -> bytes:
        pair = f"{password_hash}\0{unicodedata.normalize('NFC', password)}".encode()
        return hashlib.blake2b(pair, key=self._key, digest_size=32).digest()
