"""The audit as admins read it: filters, periods in the shop's days, before and after, exports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.access import AccessDenied, Identity, Role
from app.context import Desk, open_desk
from app.services import audit
from app.services.audit import AuditFilter
from app.settings import Settings
from data_access.errors import DataError
from tests.factories.app_database import lay_app_database

ADMIN = Identity(name="root", role=Role.admin)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(Settings(_env_file=None, home=tmp_path))
    lay_app_database(tmp_path)
    acts = (
        (datetime(2026, 3, 1, 22, 59), "user.created", "user:ada", None, {"role": "manager"}),
        (
            datetime(2026, 3, 1, 23, 0),
            "user.role",
            "user:ada",
            {"role": "manager", "active": True},
            {"role": "admin", "active": True},
        ),
        (datetime(2026, 3, 2, 22, 59), "champion.activated", "champion:fraud", {}, {"version": 3}),
        (datetime(2026, 3, 2, 23, 0), "user.created", "user:bob", None, None),
    )
    for at, act, thing, before, after in acts:
        with opened.state.note("ada", act, thing, before, after, "It was needed.", at=at):
            pass
    yield opened
    opened.state.close()


def found(desk: Desk, **wanted: object) -> list[int]:
    asked = AuditFilter(**wanted)  # type: ignore[arg-type]
    return list(audit.page(desk, ADMIN, asked, zone=BERLIN).rows["entry_id"])


def test_a_day_is_the_shop_s_day_and_the_last_one_is_whole(desk: Desk) -> None:
    day = date(2026, 3, 2)
    assert found(desk, first_day=day, last_day=day) == [3, 2]
    assert found(desk, first_day=day) == [4, 3, 2]
    assert found(desk, last_day=day, act="user.") == [2, 1]


def test_a_period_that_ends_before_it_begins_is_refused_in_words(desk: Desk) -> None:
    with pytest.raises(DataError, match="ends before it begins") as refused:
        found(desk, first_day=date(2026, 3, 2), last_day=date(2026, 3, 1))
    assert refused.value.remedy


def test_pages_say_whether_there_is_more_on_either_side(desk: Desk) -> None:
    every = AuditFilter()
    first = audit.page(desk, ADMIN, every, zone=BERLIN, limit=2)
    assert (list(first.rows["entry_id"]), first.older_than, first.newer_than) == ([4, 3], 3, None)
    second = audit.page(desk, ADMIN, every, zone=BERLIN, limit=2, before=3)
    assert (list(second.rows["entry_id"]), second.older_than, second.newer_than) == (
        [2, 1],
        None,
        2,
    )
    back = audit.page(desk, ADMIN, every, zone=BERLIN, limit=2, after=second.newer_than)
    assert (list(back.rows["entry_id"]), back.older_than, back.newer_than) == ([4, 3], 3, None)


def test_an_entry_shows_every_value_before_and_after_what_changed_first(desk: Desk) -> None:
    fields = audit.record(desk, ADMIN, 2).fields
    assert [(one.name, one.before, one.after, one.changed) for one in fields] == [
        ("role", "manager", "admin", True),
        ("active", "true", "true", False),
    ]
    assert audit.record(desk, ADMIN, 1).fields[0].before is None
    assert audit.record(desk, ADMIN, 4).fields == ()
    with pytest.raises(DataError, match="no audit entry 99"):
        audit.record(desk, ADMIN, 99)


def test_an_export_holds_what_the_filter_asks_for_with_the_whole_of_both_sides(desk: Desk) -> None:
    rows = audit.entries(desk, ADMIN, AuditFilter(act="user.role"), zone=BERLIN)
    assert rows[["entry_id", "before", "after"]].values.tolist() == [
        [2, '{"role": "manager", "active": true}', '{"role": "admin", "active": true}']
    ]
    assert str(rows["at"][0]) == "2026-03-02 00:00:00"


def test_only_admins_read_it_in_any_way(desk: Desk) -> None:
    every = AuditFilter()
    for role in (Role.merchandiser, Role.fraud_analyst, Role.manager):
        person = Identity(name="x", role=role)
        for read in (
            lambda p: audit.page(desk, p, every, zone=BERLIN),
            lambda p: audit.total(desk, p, every),
            lambda p: audit.entries(desk, p, every, zone=BERLIN),
            lambda p: audit.record(desk, p, 1),
            lambda p: audit.acts(desk, p),
        ):
            with pytest.raises(AccessDenied):
                read(person)
