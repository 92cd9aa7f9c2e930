"""Secrets among the settings: sealed in the database, opened only by who holds the home's key.

The key is derived (HKDF, SHA-256) from the key of the hashes, which lies beside the databases in
the home with mode 0600, or comes from the environment where several machines share a database. A
copy of the database alone therefore tells no password.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from data_access.errors import DataError

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

    from app.context import Desk

MARK = "sealed:"
PURPOSE = b"shopsight settings"
"""Keeps this key apart from all others that are derived from the same one."""


def seal(desk: Desk, secret: str) -> str:
    """The secret as it may be kept."""
    return MARK + _box(desk).encrypt(secret.encode()).decode()


def unseal(desk: Desk, kept: str) -> str:
    """The secret from what was kept; one kept before there were seals is taken as it is.

    Raises
    ------
    DataError : it was sealed with another key.
    """
    from cryptography.fernet import InvalidToken

    if not kept.startswith(MARK):
        return kept
    try:
        return _box(desk).decrypt(kept.removeprefix(MARK).encode()).decode()
    except InvalidToken as error:
        raise DataError(
            "A password among the settings was sealed with another key.",
            remedy="Type it again on the page Settings, or bring hash.key back from a backup.",
        ) from error


def _box(desk: Desk) -> Fernet:
    # Here, since only jobs that send mail and whoever changes the password need it.
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(desk.hash_key)
    return Fernet(base64.urlsafe_b64encode(derived))
