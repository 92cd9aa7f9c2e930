"""Passwords: argon2id hashes, one-time passwords, and what is refused as too weak."""

from __future__ import annotations

import secrets
import threading
import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.access.roles import AccessError

SHORTEST = 12  # characters
LONGEST = 200  # characters; more would only cost time
_SYLLABLE_LETTERS = ("bdfghklmnprstvz", "aeiou")
_HASHER = PasswordHasher()  # argon2id, 64 MiB, RFC 9106's second recommendation
# Each hash takes 64 MiB for about 50 ms: many logins at once wait rather than exhaust the machine.
_AT_ONCE = threading.BoundedSemaphore(2)


class WeakPassword(AccessError):  # noqa: N818 - reads as what happened
    """A password that would not keep anybody out."""


def prepare() -> None:
    """Make the hash that unknown names are compared with, so that the first of them is no slower
    than the rest."""
    _nobodys_hash.cache_clear()
    _nobodys_hash()


def hash_password(password: str) -> str:
    with _AT_ONCE:
        return _HASHER.hash(_normal(password))


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password fits; takes the same time where there is no hash to compare with."""
    with _AT_ONCE:
        try:
            _HASHER.verify(password_hash or _nobodys_hash(), _normal(password)[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def require_strong(password: str, *, name: str) -> None:
    """Refuse what is short or says the user's name.

    Raises
    ------
    WeakPassword : with what to do instead.
    """
    length = len(_normal(password))
    if length < SHORTEST:
        raise WeakPassword(
            f"The password has {length} characters; {SHORTEST} are needed.",
            remedy="Take several words in a row.",
        )
    if length > LONGEST:
        raise WeakPassword(
            f"The password has {length} characters; {LONGEST} is the most.",
            remedy="Take a shorter one.",
        )
    if len(set(password)) < 5 or name.casefold() in password.casefold():
        raise WeakPassword(
            "The password can be guessed: it repeats itself or contains the user name.",
            remedy="Take several words in a row that have nothing to do with the name.",
        )


def one_time_password() -> str:
    """Pronounceable and of 74 bits: four groups of three syllables."""
    return "-".join("".join(_syllable() for _ in range(3)) for _ in range(4))


def _syllable() -> str:
    return "".join(secrets.choice(letters) for letters in _SYLLABLE_LETTERS)


def _normal(password: str) -> str:
    """One spelling for what looks the same, however the keyboard composed it."""
    return unicodedata.normalize("NFKC", password)


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _HASHER.hash(secrets.token_urlsafe(32))
