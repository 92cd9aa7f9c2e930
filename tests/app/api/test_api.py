from __future__ import annotations

from datetime import timedelta

import pytest

from app.access import COMMAND_LINE, Role, log_in
from app.context import Desk
from app.services import keys, users
from data_access.state import audit
from tests.app.api.caller import Program
from tests.app.api.conftest import Caller


def test_a_stranger_is_told_how_to_come_in(anybody: Program):
    answer = anybody.get("/api/me")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "Nobody is logged in.",
        "remedy": "Log in, or send an API key as Authorization: Bearer KEY.",
    }


def test_a_key_says_who_calls_and_what_the_role_may(call: Caller):
    me = call(Role.merchandiser).get("/api/me").json()
    assert me["name"] == "key:merchandiser program"
    assert me["permissions"] == [
        "decide_commerce",
        "promote_commerce",
        "read_pages",
        "train_commerce",
    ]


def test_a_key_may_also_come_in_a_header_of_its_own(desk: Desk, anybody: Program):
    key = keys.create_key(desk, COMMAND_LINE, name="till", role=Role.manager).key
    assert anybody.get("/api/me", headers={"X-API-Key": key}).json()["role"] == "manager"
    wrong = {"X-API-Key": key[:-1] + ("a" if key[-1] != "a" else "b")}
    assert anybody.get("/api/me", headers=wrong).status_code == 401


def test_a_revoked_key_opens_nothing_from_the_next_request_on(desk: Desk, anybody: Program):
    made = keys.create_key(desk, COMMAND_LINE, name="till", role=Role.admin)
    header = {"Authorization": f"Bearer {made.key}"}
    assert anybody.get("/api/keys", headers=header).status_code == 200
    assert anybody.delete(f"/api/keys/{made.row.key_id}", headers=header).status_code == 200
    assert anybody.get("/api/keys", headers=header).status_code == 401


def test_a_key_is_shown_once_and_kept_as_a_hash(desk: Desk, call: Caller):
    admin = call(Role.admin)
    made = admin.post("/api/keys", json={"name": "stock", "role": "merchandiser"})
    assert made.status_code == 201
    key = made.json()["key"]
    assert key.startswith("shs_")
    assert key not in admin.get("/api/keys").text
    listed = next(row for row in admin.get("/api/keys").json() if row["name"] == "stock")
    assert key.startswith(listed["prefix"])
    assert len(listed["prefix"]) == 12
    with desk.state.read() as session:
        assert key not in str([(entry.before, entry.after) for entry in audit.read_audit(session)])


@pytest.mark.parametrize("role", [Role.merchandiser, Role.fraud_analyst, Role.manager])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/users", None),
        ("POST", "/api/users", {"name": "eve", "role": "admin"}),
        ("PUT", "/api/users/1/role", {"role": "admin"}),
        ("POST", "/api/users/1/password", None),
        ("POST", "/api/users/1/deactivate", None),
        ("POST", "/api/users/1/activate", None),
        ("DELETE", "/api/users/1/sessions", None),
        ("GET", "/api/keys", None),
        ("POST", "/api/keys", {"name": "eve", "role": "admin"}),
        ("DELETE", "/api/keys/1", None),
    ],
)
def test_users_and_keys_are_for_admins(
    desk: Desk, call: Caller, role: Role, method: str, path: str, body: object
):
    caller = call(role)
    revision = desk.state.revision()
    answer = caller.request(method, path, json=body)
    assert answer.status_code == 403
    assert "admin" in answer.json()["remedy"]
    assert desk.state.revision() == revision


def test_an_admin_makes_changes_and_shuts_out_a_user(desk: Desk, call: Caller):
    admin = call(Role.admin)
    made = admin.post("/api/users", json={"name": "Ada", "role": "manager"}).json()
    user = made["user"]
    assert (user["name"], user["role"], user["must_change_password"]) == ("ada", "manager", True)
    login = log_in(
        desk.state,
        name="ada",
        password=made["password"],
        address="::1",
        lasts=timedelta(hours=1),
    )
    assert login.identity.must_change_password
    path = f"/api/users/{user['user_id']}"
    changed = admin.put(f"{path}/role", json={"role": "merchandiser", "version": user["version"]})
    assert changed.json()["role"] == "merchandiser"
    stale = admin.put(f"{path}/role", json={"role": "admin", "version": user["version"]})
    assert stale.status_code == 409
    assert "Reload" in stale.json()["remedy"]
    assert admin.get("/api/users").json()[0]["open_sessions"] == 1
    assert admin.delete(f"{path}/sessions").status_code == 204
    assert admin.get("/api/users").json()[0]["open_sessions"] == 0
    assert admin.post(f"{path}/deactivate").json()["active"] is False
    assert admin.post(f"{path}/activate").json()["active"] is True


def test_what_cannot_be_read_is_refused_with_its_place(call: Caller):
    admin = call(Role.admin)
    for body in ({"name": "eve"}, {"name": "eve", "role": "owner"}, {"name": "e", "role": 1}):
        answer = admin.post("/api/users", json=body)
        assert answer.status_code == 422
        assert "role" in answer.json()["detail"]
    extra = {"name": "eve", "role": "manager", "active": True}
    assert "active" in admin.post("/api/users", json=extra).json()["detail"]


@pytest.mark.parametrize("name", ["", "a", "key:till", "demo admin", "a" * 121, "x<y>", "a\nb"])
def test_a_name_that_cannot_be_one_is_refused(call: Caller, name: str):
    answer = call(Role.admin).post("/api/users", json={"name": name, "role": "manager"})
    assert answer.status_code == 422
    assert answer.json()["remedy"]


def test_an_address_that_does_not_exist_is_a_problem_too(call: Caller):
    answer = call(Role.admin).get("/api/nothing")
    assert answer.status_code == 404
    assert answer.json()["title"] == "Not Found"
    assert call(Role.manager).request("PATCH", "/api/me").status_code == 405


def test_a_logout_by_the_api_ends_the_login(desk: Desk, anybody: Program):
    made = users.create_user(desk, COMMAND_LINE, name="ada", role=Role.manager)
    with desk.state.write() as session:
        from data_access.state import users as store

        store.get_user(session, made.user.user_id).must_change_password = False
    login = log_in(
        desk.state,
        name="ada",
        password=made.password,
        address="::1",
        lasts=timedelta(hours=1),
        browser="Browser/1.0",
    )
    anybody.headers["User-Agent"] = "Browser/1.0"
    anybody.headers["Cookie"] = f"shopsight={login.token}"
    assert anybody.get("/api/me").json()["name"] == "ada"
    assert (
        anybody.delete("/api/session", headers={"Origin": "http://evil.example"}).status_code == 403
    )
    assert anybody.delete("/api/session").status_code == 204
    assert anybody.get("/api/me").status_code == 401


def test_the_description_of_the_api_needs_a_login_too(anybody: Program, call: Caller):
    assert anybody.get("/api/openapi.json").status_code == 401
    assert "/users" in call(Role.manager).get("/api/openapi.json").json()["paths"]
