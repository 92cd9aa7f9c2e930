"""Signed messages to a server that an admin named.

The signature is ``t=SECONDS,v1=HEX``: HMAC-SHA256, by the shared secret, of the seconds since 1970,
a full stop, and the body as it was sent.
"""

from __future__ import annotations

import hashlib
import hmac
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

PATIENCE_S = 10.0
"""For an answer."""

SIGNATURE = "X-Shopsight-Signature"
IDEMPOTENCY = "Idempotency-Key"

Post = Callable[[str, bytes, dict[str, str]], None]


class NotTakenError(Exception):
    """The other side did not take a message; why, in words."""


def signature(secret: str, body: bytes, at: int) -> str:
    """What the header says; `at` is seconds since 1970."""
    told = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={told}"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A message goes where an admin said, and nowhere else."""

    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


def post(url: str, body: bytes, headers: dict[str, str], *, to: str = "The server") -> None:
    """Send a body.

    Parameters
    ----------
    to : who it goes to, as the error names it.

    Raises
    ------
    NotTakenError : no answer, or one that is no success.
    """
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310
    try:
        with _OPENER.open(request, timeout=PATIENCE_S) as answer:
            answer.read(1)
    except urllib.error.HTTPError as error:
        error.close()
        raise NotTakenError(f"{to} answered {error.code}.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise NotTakenError(f"{to} does not answer: {str(reason)[:150]}") from error
