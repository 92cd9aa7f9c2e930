"""Our script stands in Streamlit's page from its first byte on, and nowhere else."""

from __future__ import annotations

from app.web.dashboard_script import SCRIPT
from tests.app.web.running import Running

A_PAGE = {"Accept": "text/html,application/xhtml+xml"}


def test_the_dashboard_has_the_script_and_may_load_it(demo: Running):
    with demo.client(demo.enter("manager")) as client:
        page = client.get("/fraud", headers={**A_PAGE, "Accept-Encoding": "gzip"})
        again = client.get("/fraud", headers={**A_PAGE, "If-None-Match": "anything"})
        script = client.get("/static-login/keys.js")
    assert page.status_code == again.status_code == 200
    assert page.content.count(SCRIPT) == again.content.count(SCRIPT) == 1
    assert int(page.headers["Content-Length"]) == len(page.content)
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert script.status_code == 200
    assert "javascript" in script.headers["Content-Type"]


def test_the_login_page_and_files_come_as_they_are(demo: Running):
    with demo.client() as client:
        login = client.get("/login", headers=A_PAGE)
        picture = client.get("/static-login/mark.svg", headers=A_PAGE)
    assert SCRIPT not in login.content
    assert b"<svg" in picture.content
