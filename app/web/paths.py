"""Addresses of the shell, and which of them need no login."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

LOGIN = "/login"
LOGIN_BY_CLICK = "/login/demo"
LOGOUT = "/logout"
PASSWORD = "/password"  # noqa: S105 - an address
LOGIN_FILES = "/static-login"
API = "/api"
HEALTH = "/healthz"
READY = "/readyz"
METRICS = "/metrics"

OPEN = frozenset(
    {
        LOGIN,
        LOGIN_BY_CLICK,
        HEALTH,
        READY,
        METRICS,  # guards itself: loopback, or an admin's key
        "/favicon.ico",
        # Streamlit's page asks these two before it opens its socket; they say "ok" and list no
        # secret. Without them a tab whose login ended could not be led to the login page.
        "/_stcore/health",
        "/_stcore/host-config",
    }
)
# Streamlit's own scripts and styles, the same in every installation, and the login page's font.
OPEN_FOLDERS = (f"{LOGIN_FILES}/", "/static/")
WITHOUT_OWN_PASSWORD = frozenset({PASSWORD, LOGOUT})  # open before the first password change


def needs_no_login(path: str) -> bool:
    return path in OPEN or (path.startswith(OPEN_FOLDERS) and ".." not in path)


def is_api(path: str) -> bool:
    return path == API or path.startswith(f"{API}/")


def has_control_signs(path: str) -> bool:
    """Line breaks and the like: routes do not match across them, so that no part would answer."""
    return any(ord(sign) < 32 or ord(sign) == 127 for sign in path)


def kind_of(path: str) -> str:
    """A word for logs and metrics; few, so that metrics stay few."""
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    known = ("api", "static", "static-login", "_stcore", "media", "component", "app", "auth")
    named = ("login", "logout", "password", "healthz", "readyz", "metrics")
    if first in known or first in named:
        return first.strip("_")
    return "page"


def login_address(next_path: str = "/") -> str:
    if next_path in ("", "/"):
        return LOGIN
    return f"{LOGIN}?next={quote(next_path, safe='/')}"


def local_path(target: str | None) -> str:
    """Where to go after the login: an address on this server, else the first page.

    Browsers read ``//host``, ``/\\host`` and a tab in between as another server.
    """
    if not target or len(target) > 2000 or not target.startswith("/"):
        return "/"
    if target.startswith(("//", "/\\")) or any(ord(sign) < 33 or sign == "\\" for sign in target):
        return "/"
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/"
    if parts.scheme or parts.netloc or parts.path in (LOGIN, LOGOUT, LOGIN_BY_CLICK):
        return "/"
    return target
