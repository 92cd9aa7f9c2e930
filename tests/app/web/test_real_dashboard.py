"""The shipped dashboard behind the gate: what a role sees at an address that is not its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.access import Role
from app.main import DASHBOARD
from data_access.state import users
from tests.app.web.conftest import make_shop
from tests.app.web.running import Running, running
from tests.factories.postgres import fresh_database

USERS_PAGE = "Who may enter, and as what?"
AUDIT_PAGE = "Who did what, when, and why?"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The shipped dashboard on a demo shop of which no snapshot was taken yet."""
    home = make_shop(tmp_path_factory.mktemp("real"), made_by="demo")
    with running(home, script=DASHBOARD) as started:
        yield started


def shown(desk: Running, role: str, page_name: str) -> str:
    with desk.page(desk.enter(role)) as page:
        return "\n".join(page.rerun(page_name=page_name))


def test_an_admin_opens_users_and_audit(desk: Running):
    assert USERS_PAGE in shown(desk, "admin", "users")
    assert AUDIT_PAGE in shown(desk, "admin", "audit")


@pytest.mark.parametrize("role", ["merchandiser", "fraud_analyst", "manager"])
@pytest.mark.parametrize(("address", "title"), [("users", USERS_PAGE), ("audit", AUDIT_PAGE)])
def test_a_guessed_page_address_shows_nothing_of_the_page(
    desk: Running, role: str, address: str, title: str
):
    assert title not in shown(desk, role, address)


def test_an_open_page_of_admins_is_gone_at_the_next_step_of_who_is_none_any_more(desk: Running):
    def become(role: Role) -> None:
        with desk.state.decide("test", "user.role_changed", "user:demo manager") as session:
            user = users.find_user(session, "demo manager")
            assert user is not None
            user.role = role

    token = desk.enter("manager")
    become(Role.admin)
    with desk.page(token) as page:
        assert USERS_PAGE in page.rerun(page_name="users")
        become(Role.manager)
        assert USERS_PAGE not in page.rerun(page_name="users")


def test_two_web_processes_on_one_postgresql_end_a_login_in_both(tmp_path):
    with fresh_database("state") as url:
        first_home = make_shop(tmp_path / "first", made_by="demo")
        second_home = make_shop(tmp_path / "second", made_by="demo")
        with (
            running(first_home, APP_DATABASE_URL=url) as first,
            running(second_home, APP_DATABASE_URL=url) as second,
        ):
            token = first.enter("manager")
            with second.page(token) as page:
                assert page.rerun()[0] == "demo manager is manager"
                with first.client(token) as client:
                    assert client.post("/logout").status_code == 303
                assert page.led_to() == "/login"
