"""Health, metrics and logs of the running application."""

from __future__ import annotations

import json
import time

import pytest

from app.access import COMMAND_LINE, Role
from app.backup.errors import BackupError
from app.backup.restoring import nobody_else
from app.context import open_desk
from app.services import keys
from data_access.state import workers
from data_access.state.engine import utc_now
from tests.app.web.running import Running


def lines(desk: Running) -> list[dict[str, object]]:
    text = (desk.settings.home / "logs" / "web.log").read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_a_living_process_says_so_without_login(own: Running):
    with own.client() as client:
        assert client.get("/healthz").json() == {"status": "ok"}


def test_not_ready_names_the_part_and_nothing_else(own: Running):
    with own.client() as client:
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"] == {
        "app_database": True,
        "shop_database": True,
        "snapshot": False,
        "worker": False,
    }


def test_a_worker_that_spoke_lately_counts_as_there(own: Running):
    from datetime import timedelta

    with own.state.write() as session:
        workers.claim_slot(
            session,
            slot="worker-1",
            holder="here:1:a",
            now=utc_now(),
            stale_after=timedelta(seconds=30),
        )
    with own.client() as client:
        assert client.get("/readyz").json()["parts"]["worker"] is True
    with own.state.write() as session:
        workers.release_slot(session, slot="worker-1", holder="here:1:a")


def test_metrics_are_for_this_machine_and_for_admins(own: Running):
    desk = open_desk(own.settings)
    admin = keys.create_key(desk, COMMAND_LINE, name="prometheus", role=Role.admin).key
    other = keys.create_key(desk, COMMAND_LINE, name="till", role=Role.manager).key
    desk.state.close()
    away = {"X-Forwarded-For": "203.0.113.9"}
    with own.client() as client:
        text = client.get("/metrics").text
        assert client.get("/metrics", headers=away).status_code == 403
        bearer = {**away, "Authorization": f"Bearer {other}"}
        assert client.get("/metrics", headers=bearer).status_code == 403
        bearer = {**away, "Authorization": f"Bearer {admin}"}
        assert client.get("/metrics", headers=bearer).status_code == 200
    assert 'shopsight_requests_total{kind="healthz"' in text
    assert 'shopsight_jobs{state="running"} 0.0' in text
    assert "shopsight_request_seconds_bucket" in text


def test_a_sane_request_id_is_kept_and_a_strange_one_replaced(own: Running):
    with own.client() as client:
        kept = client.get("/login", headers={"X-Request-ID": "till-42.2026-11"})
        assert kept.headers["x-request-id"] == "till-42.2026-11"
        for strange in ("short", 'a"b"c"d"e', "x" * 200):
            given = client.get("/login", headers={"X-Request-ID": strange})
            assert len(given.headers["x-request-id"]) == 32
    assert any(line.get("request_id") == "till-42.2026-11" for line in lines(own))


def test_no_line_of_the_log_holds_a_secret(own: Running):
    desk = open_desk(own.settings)
    key = keys.create_key(desk, COMMAND_LINE, name="loud", role=Role.manager).key
    desk.state.close()
    with own.client() as client:
        client.get("/api/me", headers={"Authorization": f"Bearer {key}"})
        client.get(f"/api/nothing?key={key}", headers={"X-API-Key": key})
        client.post("/login", data={"name": "nobody", "password": "do not write me down"})
    written = (
        "\n".join(path.read_text() for path in (own.settings.home / "logs").iterdir())
        + (own.settings.home / "output.txt").read_text()
    )
    assert key not in written
    assert "do not write me down" not in written
    assert "key:loud" in written


def test_every_line_is_json_with_time_level_and_event(demo: Running):
    with demo.page(demo.enter("manager")) as page:
        page.rerun(query="fail=yes")  # Streamlit itself logs the traceback
    found = lines(demo)
    for line in found:
        assert {"timestamp", "level", "event", "process"} <= set(line)
    assert any("the page fell over" in str(line.get("exception")) for line in found)
    printed = (demo.settings.home / "output.txt").read_text().splitlines()
    for line in printed:
        if "Static file serving" not in line:  # the small page has no folder of files
            assert json.loads(line)["process"] == "web"


def test_lines_about_a_socket_say_whose_it_is(demo: Running):
    with demo.page(demo.enter("merchandiser")) as page:
        page.rerun()
    for _ in range(50):
        closed = [line for line in lines(demo) if line["event"] == "socket_closed"]
        if any(line.get("user") == "demo merchandiser" for line in closed):
            return
        time.sleep(0.1)
    raise AssertionError("no line says whose socket was closed")


@pytest.mark.parametrize("address", ["/login", "/healthz", "/api/me", "/static/nothing.js"])
def test_every_answer_bears_the_security_headers(own: Running, address: str):
    with own.client() as client:
        headers = client.get(address).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_nothing_is_restored_over_a_home_that_the_web_has_open(own: Running):
    with pytest.raises(BackupError, match=r"web\.lock is held"), nobody_else(own.settings.home):
        pass
