"""Where a request comes from: this site's own pages, and this machine."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from app.access.places import is_loopback

_DEFAULT_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443"}
_FORWARDING = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def same_origin(headers: Headers) -> bool:
    """Whether one of our own pages sent this, as far as a browser can tell us.

    Browsers name the origin of every socket and of every request that changes something; a
    program that names none is no browser and cannot be led by a foreign page.
    """
    origins = headers.getlist("origin")
    if origins:
        return len(origins) == 1 and _matches(origins[0], headers.get("host", ""))
    site = headers.get("sec-fetch-site")
    return site is None or site in ("same-origin", "none")


def _matches(origin: str, host: str) -> bool:
    parts = urlsplit(origin)
    if parts.scheme not in _DEFAULT_PORTS or not parts.netloc:
        return False  # "null" from a sandboxed frame, a file, a data address
    default = f":{_DEFAULT_PORTS[parts.scheme]}"
    return parts.netloc.lower().removesuffix(default) == host.lower().removesuffix(default)


def address_of(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


def from_this_machine(scope: Scope, bound_host: str) -> bool:
    """Whether somebody at this very machine asks, with nothing in between.

    Looks at the address that the server is bound to, at the peer, at the Host header (a foreign
    page could have its name resolve to 127.0.0.1) and for signs of a proxy, behind which
    everybody would seem to sit here.
    """
    headers = Headers(scope=scope)
    if any(headers.get(name) is not None for name in _FORWARDING):
        return False
    try:
        named = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    except ValueError:
        return False
    return is_loopback(bound_host) and is_loopback(address_of(scope)) and is_loopback(named)
