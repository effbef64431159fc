"""Passwords: hashed with Argon2id (RFC 9106). Verifying reveals only whether the password is correct."""

import hashlib
import os
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret_raw
from cachetools import TTLCache

# The first recommendation of OWASP's Password Storage Cheat Sheet: 19 MiB and two passes in one lane, 25 ms here. With
# the 64 MiB of RFC 9106, four concurrent logins would take 256 MiB of a worker.
_FULL = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16)
# The lowest cost that Argon2 allows, 0.1 ms: tests create thousands of accounts.
_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, hash_len=32, salt_len=16)

_hasher = _FULL
# Hashes of the passwords of the development accounts. To hash them would take most of a first start. They are as public
# as the passwords are.
_WELL_KNOWN = {
    "secret": "$argon2id$v=19$m=19456,t=2,p=1$aD/VDYLLoP0XdIzT5qudsg$daXFERnR/UiXhTssAwz00pKsbpN+9h3F5e5haZC4cYU",
    "john": "$argon2id$v=19$m=19456,t=2,p=1$7GZQnTkThjUs1SuO+Z1Xnw$0x/Psi3a91izRGKj+hvkSC5d40ksymVC5hP5h3cGX/A",
    "steve": "$argon2id$v=19$m=19456,t=2,p=1$1GVW74mEuc8DR1SGk7OwgA$EFCe39oHUhfCA69ByqVwJtHmnE1YX1LrEb4YY1IFNxc",
    "bill": "$argon2id$v=19$m=19456,t=2,p=1$fnvqkm7FIJKDvq311Zo4kA$oA+7gdrpLVX8f0tEqeOuF9zdUTZPpgBLG/1qDuavW+I",
}
# The values of TOUCHSTONE_ENV that were set in this process.
_environments: set[str] = set()


def choose_cost(environment: str) -> None:
    """Set the cost of hashes in this process for a TOUCHSTONE_ENV: low for `testing`, full for any other.

    After any other environment was set, the process always uses the full cost.
    """
    global _hasher
    _environments.add(environment)
    _hasher = _CHEAP if _environments == {"testing"} else _FULL


def hash_password(password: str) -> str:
    """Hash a password with a random salt; every call returns a different hash. Takes as long as a login."""
    return _hasher.hash(unicodedata.normalize("NFC", password))


def hash_of_development_password(password: str) -> str:
    """Return a hash of a password of the development accounts: at full cost always the same one, at no cost."""
    return _WELL_KNOWN[password] if _hasher is _FULL else hash_password(password)


def slow_digest(content: bytes) -> bytes:
    """Return a digest of 32 bytes, for content with a password. Unsalted, and as slow as hashing the password."""
    return hash_secret_raw(
        content, b"touchstone", _hasher.time_cost, _hasher.memory_cost, _hasher.parallelism, _hasher.hash_len, Type.ID
    )


def fits(password: str, password_hash: str | None) -> bool:
    """Whether the password matches the hash, whatever its cost.

    Without a hash the result is False, and takes equally long.
    """
    try:
        _hasher.verify(password_hash or _nobody(), unicodedata.normalize("NFC", password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def _nobody() -> str:
    """Return a hash that no password matches. Verifying it makes a login equally slow if the account does not exist."""
    cost = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v=19${cost}$" + "A" * 22 + "$" + "A" * 43


class VerifiedPasswords:
    """Remembers for a short time which password matches which hash, so that a busy client pays for Argon2 once.

    It keeps a keyed digest (BLAKE2b) of hash and password together. The key is random, created
    when the server starts, and never stored. This is safe because

    - an entry can never become wrong: a new password has a new hash with another
      salt, which matches no entry. Each request reads from the database whether the
      account still exists, and its current hash and role;
    - a wrong password is never remembered, and always costs the full Argon2 time;
    - a copy of the database is useless without the key. The memory of the process, with the key, contains no password
      here, and the digests that guesses could be tested against expire after `seconds`.
    """

    def __init__(self, *, seconds: float = 300.0, most: int = 1024) -> None:
        self._key = os.urandom(64)
        self._fitting: TTLCache[bytes, bool] = TTLCache(most, seconds)
        self._lock = threading.Lock()

    def remembers(self, password: str, password_hash: str | None) -> bool:
        """Whether the password was found to match the hash a short time ago."""
        with self._lock:
            return self._digest(password, password_hash) in self._fitting

    def fits(self, password: str, password_hash: str | None) -> bool:
        """Whether the password matches the hash, as `fits` says. A match is remembered."""
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
