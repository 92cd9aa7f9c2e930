"""Who may open what, also by the address alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.access import Role
from app.context import Desk
from tests.pages.conftest import enter, words_of

PAGES = Path(__file__).parents[2] / "pages"
OPEN_TO = {
    "home": set(Role),
    "forecasting": set(Role),
    "fraud": set(Role),
    "data": set(Role),
    "settings": {Role.manager, Role.admin, Role.fraud_analyst},
    "users": {Role.admin},
    "audit": {Role.admin},
}
Run = Callable[[str, Role], AppTest]


@pytest.fixture
def run_alone(desk: Desk) -> Run:
    """Run a page's file without the navigation, as a guessed address would."""

    def run(slug: str, role: Role) -> AppTest:
        app = AppTest.from_file(str(PAGES / slug / "page.py"), default_timeout=30)
        app.user = {"session": enter(desk, role)}
        return app.run()

    return run


@pytest.mark.parametrize(
    ("slug", "role"),
    [(slug, role) for slug, allowed in OPEN_TO.items() for role in sorted(set(Role) - allowed)],
)
def test_a_role_is_refused_a_page_that_is_not_its_own(
    run_alone: Run, slug: str, role: Role
) -> None:
    page = run_alone(slug, role)

    assert not page.exception
    assert f"A {role.label} may not" in words_of(page)
    assert not page.title


@pytest.mark.parametrize("slug", ["users", "audit", "settings", "data"])
def test_an_admin_opens_every_page(run_alone: Run, slug: str) -> None:
    page = run_alone(slug, Role.admin)

    assert not page.exception
    assert page.title
    assert "could not be made" not in words_of(page)


def test_without_a_login_nothing_is_shown_but_the_way_to_it(desk: Desk) -> None:
    app = AppTest.from_file(str(PAGES / "home" / "page.py"), default_timeout=30)
    app.user = {"session": "nobody"}
    page = app.run()

    assert not page.title
    assert not page.metric
    assert "The login is over" in words_of(page)


def test_the_role_in_the_header_is_not_believed(desk: Desk) -> None:
    app = AppTest.from_file(str(PAGES / "users" / "page.py"), default_timeout=30)
    app.user = {"session": enter(desk, Role.merchandiser), "role": "admin", "name": "root"}
    page = app.run()

    assert "A merchandiser may not" in words_of(page)
