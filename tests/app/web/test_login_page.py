"""The login page of the running application, on a demo shop and on a shop of one's own."""

from __future__ import annotations

import re

import httpx
import pytest

from app.access.passwords import hash_password
from data_access.state import audit, users
from data_access.state.engine import utc_now
from tests.app.web.conftest import make_shop
from tests.app.web.running import Running, running

PASSWORD = "seven green bottles"
CLICK = "Enter as merchandiser"


def add(desk: Running, name: str, role: str = "manager", *, must_change: bool = False) -> None:
    with desk.state.decide("test", "user.created", f"user:{name}") as session:
        users.add_user(
            session,
            name=name,
            role=role,
            password_hash=hash_password(PASSWORD),
            now=utc_now(),
            must_change_password=must_change,
        )


def try_login(
    desk: Running, name: str, password: str = PASSWORD, target: str = "/"
) -> httpx.Response:
    with desk.client() as client:
        return client.post("/login", data={"name": name, "password": password, "next": target})


def test_the_demo_shop_on_loopback_offers_the_four_roles(demo: Running):
    with demo.client() as client:
        page = client.get("/login").text
    for role in ("merchandiser", "fraud analyst", "manager", "admin"):
        assert f"Enter as {role}" in page


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "shop.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-For": "203.0.113.9"},
        {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"X-Real-IP": "127.0.0.1"},
    ],
)
def test_whoever_may_sit_elsewhere_is_not_offered_a_click(demo: Running, headers: dict[str, str]):
    with demo.client() as client:
        assert CLICK not in client.get("/login", headers=headers).text
        answer = client.post("/login/demo", data={"role": "admin"}, headers=headers)
    assert answer.status_code == 403
    assert not answer.cookies


def test_a_shop_of_one_s_own_offers_no_click(own: Running):
    with own.client() as client:
        assert CLICK not in client.get("/login").text
        assert client.post("/login/demo", data={"role": "admin"}).status_code == 403


def test_a_demo_shop_that_the_network_can_reach_offers_no_click(tmp_path):
    home = make_shop(tmp_path / "home", made_by="demo")
    with running(home, host="0.0.0.0") as desk, desk.client() as client:
        assert CLICK not in client.get("/login").text
        assert client.post("/login/demo", data={"role": "admin"}).status_code == 403


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(own: Running):
    add(own, "cora")
    answer = try_login(own, "Cora ")
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert "domain" not in cookie
    assert "max-age=43200" in cookie


def test_an_imported_shop_behind_https_offers_no_click_and_binds_its_cookie_to_the_host(tmp_path):
    home = make_shop(tmp_path / "home", made_by="import")
    with running(home, SHOPSIGHT_SECURE_COOKIE="true") as desk, desk.client() as client:
        assert CLICK not in client.get("/login").text
        assert client.post("/login/demo", data={"role": "admin"}).status_code == 403
        add(desk, "hal")
        answer = try_login(desk, "hal")
        assert re.match(r"__Host-shopsight-\w+=", answer.headers["set-cookie"])
        assert "; secure" in answer.headers["set-cookie"].lower()
        assert "max-age=31536000" in answer.headers["strict-transport-security"]


@pytest.mark.parametrize(
    ("target", "led_to"),
    [
        ("/forecasting?level=product&id=P1", "/forecasting?level=product&id=P1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("javascript:alert(1)", "/"),
        ("/logout", "/"),
        ("", "/"),
    ],
)
def test_after_the_login_one_stays_on_this_site(demo: Running, target: str, led_to: str):
    with demo.client() as client:
        answer = client.post("/login/demo", data={"role": "manager", "next": target})
    assert answer.headers["location"] == led_to


def test_the_address_asked_for_is_kept_over_the_login(demo: Running):
    with demo.client() as client:
        led = client.get("/forecasting?level=product&q=a%26b", headers={"Accept": "text/html"})
        page = client.get(led.headers["location"]).text
    assert 'name="next" value="/forecasting?level=product&amp;q=a%26b"' in page


def test_what_was_typed_comes_back_escaped(own: Running):
    answer = try_login(own, '"><script>alert(1)</script>', target='/"><img src=x>')
    assert answer.status_code == 401
    assert "<script" not in answer.text
    assert "<img src=x" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_unknown_names_and_wrong_passwords_read_alike(own: Running):
    add(own, "dora")
    wrong = try_login(own, "dora", "not her password")
    unknown = try_login(own, "nemo", "not her password")
    assert wrong.status_code == unknown.status_code == 401
    assert (
        wrong.text.split("<form")[0].split("nonce")[0]
        == unknown.text.split("<form")[0].split("nonce")[0]
    )
    assert "Name or password is wrong." in wrong.text
    assert "Name or password is wrong." in unknown.text


def test_five_failures_lock_the_name_even_for_the_right_password(own: Running):
    add(own, "emil")
    for _ in range(5):
        assert try_login(own, "emil", "wrong").status_code == 401
    locked = try_login(own, "emil")
    assert locked.status_code == 429
    assert 800 < int(locked.headers["retry-after"]) <= 901
    assert "Try again in 15 minutes" in locked.text


def test_a_one_time_password_opens_nothing_but_the_password_page(own: Running):
    add(own, "fay", must_change=True)
    answer = try_login(own, "fay")
    assert answer.headers["location"] == "/password"
    token = answer.cookies[own.cookie]
    with own.client(token) as client:
        assert client.get("/", headers={"Accept": "text/html"}).headers["location"] == "/password"
        assert client.get("/api/me").status_code == 403
        with own.page(token) as page:
            assert page.led_to() == "/password"
        short = {"current": PASSWORD, "new": "short", "again": "short"}
        assert client.post("/password", data=short).status_code == 422
        differ = {"current": PASSWORD, "new": "a much longer one", "again": "another one"}
        assert "differ" in client.post("/password", data=differ).text
        wrong = {"current": "guess", "new": "eight blue kettles", "again": "eight blue kettles"}
        assert client.post("/password", data=wrong).status_code == 422
        right = {**wrong, "current": PASSWORD}
        assert client.post("/password", data=right).headers["location"] == "/"
        assert client.get("/api/me").json()["name"] == "fay"
    assert try_login(own, "fay").status_code == 401
    assert try_login(own, "fay", "eight blue kettles").status_code == 303


def test_the_password_page_is_not_open_to_strangers(own: Running):
    with own.client() as client:
        assert client.post("/password", data={"current": "x"}).status_code == 401
        assert client.get("/logout").status_code == 401


def test_a_body_without_end_is_not_read(own: Running):
    with own.client() as client:
        answer = client.post("/login", content=b"name=" + b"a" * 1_000_000)
    assert answer.status_code == 401


def test_logins_leave_entries_without_secrets(own: Running):
    add(own, "gus")
    try_login(own, "gus", "not his password")
    try_login(own, "gus")
    with own.state.read() as session:
        entries = audit.read_audit(session, object_prefix="user:gus")
    assert [entry.act for entry in entries][:2] == ["session.logged_in", "session.refused"]
    told = str([(entry.before, entry.after, entry.reason) for entry in entries])
    assert "not his password" not in told
    assert PASSWORD not in told


def test_pages_outside_the_dashboard_run_no_script_at_all(own: Running):
    with own.client() as client:
        answer = client.get("/login")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "<script" not in answer.text
