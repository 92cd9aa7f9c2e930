from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.access import (
    COMMAND_LINE,
    AccessDenied,
    Identity,
    Role,
    SessionEnded,
    identity_from_token,
    log_in,
)
from app.context import Desk, open_desk
from app.services import users
from app.services.users import UserError
from app.settings import Settings
from data_access.errors import DataError
from data_access.shop.engines import make_engine
from data_access.shop.tables import metadata, shop_mark
from data_access.state import audit
from data_access.state.engine import StaleWriteError
from tests.factories.app_database import cheap_hashes, lay_app_database


def make_desk(home: Path, *, made_by: str | None = None, host: str = "127.0.0.1") -> Desk:
    engine = make_engine(f"sqlite:///{home / 'shop.db'}")
    metadata.create_all(engine)
    if made_by:
        with engine.begin() as connection:
            connection.execute(
                sa.insert(shop_mark).values(
                    made_by=made_by, details=json.dumps({}), made_at=datetime(2026, 1, 1)
                )
            )
    engine.dispose()
    desk = open_desk(Settings(_env_file=None, home=home, host=host))
    lay_app_database(home)
    return desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = make_desk(tmp_path)
    with cheap_hashes():
        yield opened
    opened.state.close()
    opened.shop_engine.dispose()


def identity(desk: Desk, name: str) -> Identity:
    row = next(row for row in users.list_users(desk, COMMAND_LINE) if row.name == name)
    return Identity(name=row.name, role=row.role, user_id=row.user_id)


def enter(desk: Desk, made: users.OneTimePassword) -> str:
    return log_in(
        desk.state,
        name=made.user.name,
        password=made.password,
        address="::1",
        lasts=timedelta(hours=1),
    ).token


def test_the_first_start_on_a_real_shop_makes_one_admin_once(desk: Desk):
    password = users.first_admin(desk)
    assert password is not None
    login = log_in(
        desk.state, name="admin", password=password, address="::1", lasts=timedelta(hours=1)
    )
    assert login.identity.role is Role.admin
    assert login.identity.must_change_password
    assert users.first_admin(desk) is None
    with desk.state.read() as session:
        entry = audit.read_audit(session, act="user.created")[0]
    assert password not in str([entry.before, entry.after, entry.reason])


@pytest.mark.parametrize(
    ("made_by", "host", "made"),
    [
        ("demo", "127.0.0.1", False),
        ("demo", "localhost", False),
        ("demo", "0.0.0.0", True),
        ("import", "127.0.0.1", True),
        (None, "127.0.0.1", True),
    ],
)
def test_only_a_demo_shop_on_loopback_needs_no_admin(tmp_path, made_by, host, made):
    desk = make_desk(tmp_path, made_by=made_by, host=host)
    assert (users.first_admin(desk) is not None) is made
    desk.state.close()
    desk.shop_engine.dispose()


def test_only_admins_manage_users(desk: Desk):
    for role in (Role.merchandiser, Role.fraud_analyst, Role.manager):
        somebody = Identity(name="eve", role=role, user_id=99)
        with pytest.raises(AccessDenied):
            users.list_users(desk, somebody)
        with pytest.raises(AccessDenied):
            users.create_user(desk, somebody, name="mallory", role=Role.admin)
        with pytest.raises(AccessDenied):
            users.change_role(desk, somebody, user_id=99, role=Role.admin)
    assert desk.state.revision() == 0


def test_nobody_raises_or_shuts_out_themselves(desk: Desk):
    users.create_user(desk, COMMAND_LINE, name="ada", role=Role.admin)
    ada = identity(desk, "ada")
    with pytest.raises(UserError, match="stay as they are"):
        users.change_role(desk, ada, user_id=ada.user_id or 0, role=Role.manager)
    with pytest.raises(UserError):
        users.deactivate(desk, ada, user_id=ada.user_id or 0)


def test_the_last_admin_stays(desk: Desk):
    made = users.create_user(desk, COMMAND_LINE, name="ada", role=Role.admin)
    for act in (
        lambda: users.deactivate(desk, COMMAND_LINE, user_id=made.user.user_id),
        lambda: users.change_role(desk, COMMAND_LINE, user_id=made.user.user_id, role=Role.manager),
    ):
        with pytest.raises(UserError, match="only admin"):
            act()
    users.create_user(desk, COMMAND_LINE, name="ben", role=Role.admin)
    assert not users.deactivate(desk, COMMAND_LINE, user_id=made.user.user_id).active


def test_shutting_out_and_a_new_password_end_the_user_s_sessions(desk: Desk):
    made = users.create_user(desk, COMMAND_LINE, name="ada", role=Role.manager)
    token = enter(desk, made)
    again = users.reset_password(desk, COMMAND_LINE, user_id=made.user.user_id)
    with pytest.raises(SessionEnded):
        identity_from_token(desk.state, token)
    token = enter(desk, again)
    users.deactivate(desk, COMMAND_LINE, user_id=made.user.user_id, reason="left")
    with pytest.raises(SessionEnded):
        identity_from_token(desk.state, token)
    users.activate(desk, COMMAND_LINE, user_id=made.user.user_id)
    with pytest.raises(SessionEnded):  # what was ended stays ended
        identity_from_token(desk.state, token)


def test_a_new_password_opens_a_locked_door(desk: Desk):
    from app.access import LoginRefused

    made = users.create_user(desk, COMMAND_LINE, name="ada", role=Role.manager)
    wrong = users.OneTimePassword(user=made.user, password="wrong")
    for _ in range(5):
        with pytest.raises(LoginRefused):
            enter(desk, wrong)
    again = users.reset_password(desk, COMMAND_LINE, user_id=made.user.user_id)
    assert enter(desk, again)


def test_two_admins_do_not_write_over_each_other(desk: Desk):
    made = users.create_user(desk, COMMAND_LINE, name="ada", role=Role.manager)
    seen = made.user.version
    users.change_role(
        desk, COMMAND_LINE, user_id=made.user.user_id, role=Role.merchandiser, version=seen
    )
    with pytest.raises(StaleWriteError):
        users.change_role(
            desk, COMMAND_LINE, user_id=made.user.user_id, role=Role.admin, version=seen
        )


def test_every_act_leaves_an_entry_with_before_and_after(desk: Desk):
    made = users.create_user(desk, COMMAND_LINE, name="ada", role=Role.manager)
    number = made.user.user_id
    users.change_role(desk, COMMAND_LINE, user_id=number, role=Role.merchandiser)
    users.reset_password(desk, COMMAND_LINE, user_id=number)
    users.end_sessions(desk, COMMAND_LINE, user_id=number)
    users.deactivate(desk, COMMAND_LINE, user_id=number, reason="left")
    users.activate(desk, COMMAND_LINE, user_id=number)
    with desk.state.read() as session:
        entries = list(reversed(audit.read_audit(session)))
    assert [entry.act for entry in entries] == [
        "user.created",
        "user.role_changed",
        "user.password_reset",
        "user.sessions_ended",
        "user.deactivated",
        "user.activated",
    ]
    assert {entry.object for entry in entries} == {"user:ada"}
    assert (entries[1].before, entries[1].after) == (
        {"role": "manager"},
        {"role": "merchandiser"},
    )
    assert entries[4].reason == "left"


def test_a_user_that_is_not_there_is_named(desk: Desk):
    with pytest.raises(DataError, match="no user number 7"):
        users.reset_password(desk, COMMAND_LINE, user_id=7)
