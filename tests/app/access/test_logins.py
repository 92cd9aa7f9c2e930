from __future__ import annotations

import statistics
import threading
import time
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.access import (
    Identity,
    LoginRefused,
    Role,
    SessionEnded,
    endings,
    identity_from_token,
    identity_from_user,
    log_in,
    log_in_by_click,
    log_out,
    logins,
    passwords,
)
from app.access.logins import Login
from app.access.passwords import hash_password
from app.access.sessions import hash_token
from data_access.state import users
from data_access.state.engine import StateDatabase
from data_access.state.tables import LoginGuard, Session

PASSWORD = "seven green bottles"
NOON = datetime(2026, 11, 20, 12)
HOUR = timedelta(hours=1)


def add(state: StateDatabase, name: str, role: Role = Role.manager) -> int:
    with state.write() as session:
        user = users.add_user(
            session, name=name, role=role, password_hash=hash_password(PASSWORD), now=NOON
        )
    return user.user_id


def enter(
    state: StateDatabase,
    name: str = "ada",
    password: str = PASSWORD,
    *,
    address: str = "203.0.113.1",
    now: datetime = NOON,
) -> Login:
    return log_in(state, name=name, password=password, address=address, lasts=HOUR, now=now)


def fail(state: StateDatabase, times: int, *, now: datetime = NOON, **given: str) -> None:
    for _ in range(times):
        with pytest.raises(LoginRefused) as refused:
            enter(state, password="wrong", now=now, **given)
        assert refused.value.wait is None


def wait_for(state: StateDatabase, *, now: datetime, **given: str) -> timedelta:
    with pytest.raises(LoginRefused) as refused:
        enter(state, now=now, **given)
    assert refused.value.wait is not None
    return refused.value.wait


def test_name_and_password_open_a_session_that_lasts_its_time(state: StateDatabase):
    add(state, "ada")
    login = enter(state, " ADA ")
    assert login.identity == identity_from_token(state, login.token, now=NOON)
    assert login.identity.role is Role.manager
    identity_from_token(state, login.token, now=NOON + HOUR - timedelta(seconds=1))
    with pytest.raises(SessionEnded):
        identity_from_token(state, login.token, now=NOON + HOUR)


def test_the_session_id_is_random_long_and_stored_only_as_its_hash(state: StateDatabase):
    add(state, "ada")
    tokens = {enter(state).token for _ in range(3)}
    assert len(tokens) == 3
    assert all(len(token) >= 43 for token in tokens)  # 256 bits
    with state.read() as session:
        stored = set(session.scalars(select(Session.token_hash)))
    assert stored == {hash_token(token) for token in tokens}


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_five_failures_lock_a_name_for_a_quarter_of_an_hour_whether_or_not_it_exists(
    state: StateDatabase, name: str
):
    add(state, "ada")
    fail(state, 5, name=name)
    assert wait_for(state, name=name, now=NOON) == timedelta(minutes=15)
    assert wait_for(state, name=name, now=NOON + timedelta(minutes=14)) == timedelta(minutes=1)


def test_the_lock_doubles_with_each_further_five_failures_up_to_a_day(state: StateDatabase):
    add(state, "ada")
    now, waits = NOON, []
    for number in range(9):
        fail(state, 5, now=now, address=f"203.0.113.{number}")
        waits.append(wait_for(state, now=now, address="198.51.100.1"))
        now += waits[-1]
    minutes = [wait.total_seconds() / 60 for wait in waits]
    assert minutes == [15, 30, 60, 120, 240, 480, 960, 1440, 1440]


def test_the_right_password_after_the_lock_opens_and_forgives(state: StateDatabase):
    add(state, "ada")
    fail(state, 5)
    later = NOON + timedelta(minutes=15)
    enter(state, now=later)
    fail(state, 4, now=later)
    enter(state, now=later)


def test_failures_of_days_ago_are_forgotten(state: StateDatabase):
    add(state, "ada")
    fail(state, 4)
    fail(state, 4, now=NOON + timedelta(days=2))
    enter(state, now=NOON + timedelta(days=2))


def test_an_address_that_tries_many_names_is_locked_and_others_are_not(state: StateDatabase):
    add(state, "ada")
    for number in range(logins.ADDRESS_FAILURES):
        with pytest.raises(LoginRefused):
            enter(state, f"name{number}", "wrong")
    assert wait_for(state, now=NOON) == logins.ADDRESS_WINDOW
    enter(state, address="203.0.113.2")
    enter(state, now=NOON + logins.ADDRESS_WINDOW)


def test_logins_that_succeed_do_not_count_against_their_address(state: StateDatabase):
    add(state, "ada")
    for _ in range(logins.ADDRESS_FAILURES + 5):
        enter(state)


def test_addresses_of_one_ipv6_network_count_as_one():
    assert logins.network("2001:db8::1") == logins.network("2001:db8::ffff:1")
    assert logins.network("2001:db8::1") != logins.network("2001:db8:0:1::1")
    assert logins.network("::ffff:203.0.113.7") == "203.0.113.7"
    assert logins.network("unknown") == "unknown"


def test_guesses_sent_at_once_do_not_outrun_the_count(state: StateDatabase):
    add(state, "ada")
    tried = []

    def guess() -> None:
        try:
            enter(state, password="wrong")
        except LoginRefused as refused:
            tried.append(refused.wait is None)

    threads = [threading.Thread(target=guess) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tried.count(True) == 5  # the rest met a closed door


def test_a_deactivated_user_is_refused_like_a_wrong_password_and_loses_open_sessions(
    state: StateDatabase,
):
    user_id = add(state, "ada")
    login = enter(state)
    with state.write() as session:
        users.get_user(session, user_id).active = False
    with pytest.raises(SessionEnded):
        identity_from_token(state, login.token, now=NOON)
    with pytest.raises(LoginRefused, match="Name or password is wrong"):
        enter(state)


def test_an_unknown_name_takes_as_long_as_a_wrong_password(state: StateDatabase):
    def seconds(name: str) -> float:
        began = time.process_time()  # the processor's, not the clock's: others may be busy
        with pytest.raises(LoginRefused):
            enter(state, name, "wrong", address=f"198.51.100.{len(measured)}")
        return time.process_time() - began

    measured: list[tuple[float, float]] = []
    passwords.prepare()
    for number in range(3):
        add(state, f"user{number}")
        measured.append((seconds(f"user{number}"), seconds(f"nobody{number}")))
    known = statistics.median(pair[0] for pair in measured)
    unknown = statistics.median(pair[1] for pair in measured)
    assert 0.5 < unknown / known < 2.0


def test_a_logout_ends_every_session_of_the_user_and_says_so(state: StateDatabase):
    add(state, "ada")
    add(state, "ben")
    mine, also_mine, other = enter(state), enter(state), enter(state, "ben")
    heard: list[frozenset[str]] = []
    stop = endings.listen(heard.append)
    log_out(state, mine.identity, now=NOON)
    stop()
    assert heard == [frozenset({hash_token(mine.token), hash_token(also_mine.token)})]
    for login in (mine, also_mine):
        with pytest.raises(SessionEnded):
            identity_from_token(state, login.token, now=NOON)
    identity_from_token(state, other.token, now=NOON)


def test_a_page_believes_only_the_session_s_hash_not_the_role_it_opened_with(
    state: StateDatabase,
):
    user_id = add(state, "ada", Role.merchandiser)
    login = log_in(state, name="ada", password=PASSWORD, address="::1", lasts=HOUR)
    opened_with = {"session": login.identity.session_hash, "role": "admin", "name": "root"}
    assert identity_from_user(opened_with, state).role is Role.merchandiser
    with state.write() as session:
        users.get_user(session, user_id).role = Role.manager
    assert identity_from_user(opened_with, state).role is Role.manager
    for forged in ({}, {"session": None}, {"session": ""}, {"session": 7}, {"role": "admin"}):
        with pytest.raises(SessionEnded):
            identity_from_user(forged, state)


def test_a_demo_user_is_made_at_the_first_click_and_has_no_password(state: StateDatabase):
    first = log_in_by_click(state, role=Role.admin, address="127.0.0.1", lasts=HOUR)
    again = log_in_by_click(state, role=Role.admin, address="127.0.0.1", lasts=HOUR)
    assert first.identity.user_id == again.identity.user_id
    assert first.identity.demo
    for guess in ("", "admin", "demo"):
        with pytest.raises(LoginRefused):
            enter(state, "demo admin", guess)


def test_a_login_leaves_no_password_in_the_guards(state: StateDatabase):
    with pytest.raises(LoginRefused):
        enter(state, "x" * 500, "y" * 100_000)
    with state.read() as session:
        subjects = set(session.scalars(select(LoginGuard.subject)))
    assert subjects == {f"name:{'x' * 120}", "address:203.0.113.1"}


def test_an_api_key_has_no_session_to_log_out(state: StateDatabase):
    log_out(state, Identity(name="key:till", role=Role.manager))
