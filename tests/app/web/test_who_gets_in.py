"""Against the really running application: who is refused, and how."""

from __future__ import annotations

import time

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.access import Role
from app.access.sessions import hash_token
from app.web.sockets import LOOK_EVERY
from data_access.state import audit, sessions, users
from data_access.state.engine import utc_now
from tests.app.web.running import Running

HTML = {"Accept": "text/html"}


def only_led_to(desk: Running, token: str | None, address: str, **options: object) -> None:
    """The socket opens, says where to go, shows nothing and closes."""
    with desk.page(token, **options) as page:  # type: ignore[arg-type]
        message = page.receive()
        assert message.WhichOneof("type") == "auth_redirect"
        assert message.auth_redirect.url == address
        with pytest.raises(ConnectionClosed) as closed:
            page.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code in (4401, 4403)


def test_a_page_shows_the_user_and_role_that_the_gate_found(demo: Running):
    token = demo.enter("merchandiser")
    with demo.page(token) as page:
        assert page.rerun() == [
            "demo merchandiser is merchandiser",
            "the gate said merchandiser",
        ]


def test_a_websocket_without_login_is_refused(demo: Running):
    with pytest.raises(InvalidStatus) as refused, demo.page(None):
        pass
    assert refused.value.response.status_code == 403


def test_a_websocket_from_another_site_is_refused(demo: Running):
    token = demo.enter("admin")
    for origin in ("http://evil.example", "null", f"http://localhost:{demo.settings.port}"):
        with pytest.raises(InvalidStatus) as refused, demo.page(token, origin=origin):
            pass
        assert refused.value.response.status_code == 403


def test_an_invented_cookie_is_only_led_to_the_login(demo: Running):
    only_led_to(demo, "A" * 43, "/login")
    with demo.client("A" * 43) as client:
        assert client.get("/", headers=HTML).headers["location"] == "/login"
        assert client.get("/api/me").status_code == 401


def test_a_cookie_stolen_into_another_browser_is_refused_and_its_login_ends(demo: Running):
    token = demo.enter("manager")
    with demo.page(token) as page:
        page.rerun()
        with demo.client(token, **{"User-Agent": "Thief/1.0"}) as thief:
            assert thief.get("/api/me").status_code == 401
        assert page.led_to() == "/login"  # the owner notices, too
    with demo.client(token) as client:
        assert client.get("/api/me").status_code == 401
    with demo.state.read() as session:
        assert audit.read_audit(session, act="session.stolen")[0].object == "user:demo manager"


def test_a_cookie_stolen_into_another_browser_opens_no_socket(demo: Running):
    only_led_to(demo, demo.enter("admin"), "/login", browser="Thief/1.0")


def test_a_stolen_session_hash_is_no_cookie(demo: Running):
    stolen = hash_token(demo.enter("admin"))
    with demo.client(stolen) as client:
        assert client.get("/api/me").status_code == 401


def test_a_stolen_cookie_is_worthless_after_the_logout(demo: Running):
    token = demo.enter("manager")
    with demo.client(token) as client:
        assert client.get("/api/me").json()["role"] == "manager"
        assert client.post("/logout").status_code == 303
        assert client.get("/api/me").status_code == 401
    only_led_to(demo, token, "/login")


def test_an_expired_cookie_is_refused_and_its_open_page_closed(demo: Running):
    token = demo.enter("manager")
    with demo.page(token) as page:
        page.rerun()
        with demo.state.write() as session:
            found = sessions.find_live(session, hash_token(token), utc_now())
            assert found is not None
            found[0].expires_at = utc_now()
        assert page.led_to() == "/login"  # within seconds, without anybody touching the page
        with pytest.raises(ConnectionClosed):
            page.receive()
    with demo.client(token) as client:
        assert client.get("/", headers=HTML).headers["location"] == "/login"


@pytest.mark.parametrize(
    "name",
    [
        "X-Shopsight-Role",
        "x-shopsight-role",
        "X_SHOPSIGHT_ROLE",
        "X-Shopsight_Role",
        "x-SHOPSIGHT-rOlE",
    ],
)
def test_forged_identity_headers_are_dropped_in_any_spelling(demo: Running, name: str):
    forged = [(name, "admin"), (name, "admin"), (name.replace("ole", "OLE"), "admin")]
    session = name.lower().replace("role", "session")
    token = demo.enter("merchandiser")
    with demo.page(token, headers=[*forged, (session, "f" * 64)]) as page:
        assert page.rerun() == [
            "demo merchandiser is merchandiser",
            "the gate said merchandiser",
        ]


def test_forged_identity_headers_without_a_cookie_let_nobody_in(demo: Running):
    live = hash_token(demo.enter("admin"))
    forged = [("X-Shopsight-Session", live), ("X-Shopsight-Role", "admin")]
    with pytest.raises(InvalidStatus), demo.page(None, headers=forged):
        pass
    with demo.client() as client:
        assert client.get("/api/me", headers=dict(forged)).status_code == 401


@pytest.mark.parametrize(
    "address",
    [
        "/users",
        "/data",
        "/index.html",
        "/_stcore/metrics",
        "/_stcore/upload_file/x/y",
        "/_stcore/agent/openapi.json",
        "/media/abc.png",
        "/app/static/mark.svg",
        "/component/x/y.js",
        "//users",
        "/login/../users",
        "/static/../users",
        "/static/%2e%2e/users",
        "/%75sers",
    ],
)
def test_a_guessed_address_leads_to_the_login(demo: Running, address: str):
    with demo.client() as client:
        answer = client.get(address, headers=HTML)
    assert answer.status_code in (303, 400, 404)
    assert "<script" not in answer.text
    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/login")


def test_a_role_raised_in_the_request_stays_what_it_is(demo: Running):
    token = demo.enter("merchandiser")
    with demo.client(token) as client:
        raised = {"X-Shopsight-Role": "admin", "X-Role": "admin"}
        assert client.get("/api/me?role=admin", headers=raised).json()["role"] == "merchandiser"
        assert client.get("/api/users?role=admin", headers=raised).status_code == 403
        made = client.post("/api/users", json={"name": "eve", "role": "admin"}, headers=raised)
        assert made.status_code == 403
        client.cookies.set("role", "admin")
        assert client.get("/api/keys").status_code in (401, 403)


def test_a_login_by_click_takes_no_role_that_does_not_exist(demo: Running):
    with demo.client() as client:
        assert client.post("/login/demo", data={"role": "owner"}).status_code == 403


def test_a_role_changed_while_the_page_is_open_holds_at_its_next_step(demo: Running):
    token = demo.enter("fraud_analyst")

    def become(role: Role) -> None:
        with demo.state.decide("test", "user.role_changed", "user:demo fraud analyst") as session:
            user = users.find_user(session, "demo fraud analyst")
            assert user is not None
            user.role = role

    with demo.page(token) as page:
        assert "for admins only" not in page.rerun()
        become(Role.admin)
        assert "for admins only" in page.rerun()
        become(Role.fraud_analyst)
        assert page.rerun()[0] == "demo fraud analyst is fraud_analyst"
        assert "for admins only" not in page.rerun()


def test_a_deactivated_user_is_out_everywhere_within_seconds(demo: Running):
    token = demo.enter("manager")
    with demo.page(token) as page:
        page.rerun()
        with demo.state.decide("test", "user.deactivated", "user:demo manager") as session:
            user = users.find_user(session, "demo manager")
            assert user is not None
            user.active = False
        try:
            assert page.led_to() == "/login"
            with demo.client(token) as client:
                assert client.get("/api/me").status_code == 401
                assert client.post("/login/demo", data={"role": "manager"}).status_code == 401
        finally:
            with demo.state.decide("test", "user.activated", "user:demo manager") as session:
                user = users.find_user(session, "demo manager")
                assert user is not None
                user.active = True


def test_a_logout_ends_the_user_s_other_sessions_and_closes_their_pages_at_once(demo: Running):
    desk, laptop = demo.enter("merchandiser"), demo.enter("merchandiser")
    with demo.page(laptop) as page:
        page.rerun()
        began = time.monotonic()
        with demo.client(desk) as client:
            client.post("/logout")
        assert page.led_to() == "/login"
        assert time.monotonic() - began < LOOK_EVERY
        with pytest.raises(ConnectionClosed) as closed:
            page.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
    only_led_to(demo, laptop, "/login")


def test_a_post_from_another_site_does_nothing(demo: Running):
    token = demo.enter("admin")
    for foreign in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        with demo.client(token) as client:
            assert client.post("/logout", headers=foreign).status_code == 403
            asked = client.post(
                "/api/users", json={"name": "eve", "role": "admin"}, headers=foreign
            )
            assert asked.status_code == 403
            assert client.get("/api/me").status_code == 200
        with demo.client() as client:
            click = client.post("/login/demo", data={"role": "admin"}, headers=foreign)
            assert click.status_code == 403
            assert not click.cookies


def test_two_session_cookies_at_once_are_none(demo: Running):
    mine, planted = demo.enter("merchandiser"), demo.enter("admin")
    with demo.client() as client:
        both = f"{demo.cookie}={mine}; {demo.cookie}={planted}"
        assert client.get("/api/me", headers={"Cookie": both}).status_code == 401
