from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from app.access import AccessDenied, Identity, Role
from app.context import Desk, open_desk
from app.services import settings
from app.services.preferences import DEFINITIONS, SettingError
from app.services.sealing import unseal
from app.settings import Settings
from data_access.state import audit
from data_access.state.engine import StaleWriteError
from tests.factories.app_database import lay_app_database

ADMIN = Identity(name="root", role=Role.admin)
MANAGER = Identity(name="mia", role=Role.manager)
ANALYST = Identity(name="finn", role=Role.fraud_analyst)
MERCHANDISER = Identity(name="ada", role=Role.merchandiser)
MARCH = date(2026, 3, 1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(Settings(_env_file=None, home=tmp_path))
    lay_app_database(tmp_path)
    yield opened
    opened.state.close()


def found(desk: Desk, key: str, by: Identity = ADMIN) -> settings.Setting:
    return next(each for each in settings.list_settings(desk, by) if each.definition.key == key)


def test_what_nobody_set_has_its_default(desk: Desk):
    setting = found(desk, "service_level")
    assert (setting.value, setting.is_set, setting.version) == (0.95, False, 0)


@pytest.mark.parametrize("which", DEFINITIONS, ids=lambda each: each.key)
def test_each_default_lies_within_its_own_bounds(which):
    from app.services.preferences import checked

    if which.default not in (None, ""):
        assert checked(which, which.default) == which.default


def test_a_change_is_remembered_with_its_author_and_can_be_taken_back(desk: Desk):
    settings.change_setting(desk, MANAGER, key="service_level", value=0.9)
    change = settings.change_setting(desk, ADMIN, key="service_level", value=0.98)
    assert settings.setting_value(desk.state, "service_level") == 0.98
    assert found(desk, "service_level").changed_by == "root"
    settings.undo(desk, MANAGER, entry_id=change.entry_id)
    assert settings.setting_value(desk.state, "service_level") == 0.9
    with desk.state.read() as session:
        entries = audit.read_audit(session, object_prefix="preference:service_level")
    assert [(entry.before, entry.after) for entry in reversed(entries)] == [
        ({"value": None}, {"value": 0.9}),
        ({"value": 0.9}, {"value": 0.98}),
        ({"value": 0.98}, {"value": 0.9}),
    ]


def test_taking_back_the_first_change_brings_the_default_back(desk: Desk):
    change = settings.change_setting(desk, ANALYST, key="review_capacity", value=80)
    settings.undo(desk, ANALYST, entry_id=change.entry_id)
    assert not found(desk, "review_capacity").is_set


def test_what_was_changed_again_is_not_taken_back(desk: Desk):
    first = settings.change_setting(desk, MANAGER, key="service_level", value=0.9)
    settings.change_setting(desk, MANAGER, key="service_level", value=0.92)
    with pytest.raises(StaleWriteError):
        settings.undo(desk, MANAGER, entry_id=first.entry_id)


@pytest.mark.parametrize(
    ("by", "key", "value"),
    [
        (MERCHANDISER, "service_level", 0.9),
        (MERCHANDISER, "review_capacity", 10),
        (ANALYST, "service_level", 0.9),
        (ANALYST, "mail_host", "smtp.example.com"),
        (MANAGER, "mail_password", "x"),
    ],
)
def test_settings_are_changed_by_those_who_may(desk: Desk, by: Identity, key: str, value: object):
    with pytest.raises(AccessDenied) as denied:
        settings.change_setting(desk, by, key=key, value=value)
    assert "admin" in denied.value.remedy
    assert not found(desk, key, by).may_change
    assert desk.state.revision() == 0


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("service_level", 1.0),
        ("service_level", 0.4),
        ("service_level", float("nan")),
        ("service_level", "0.9"),
        ("service_level", True),
        ("review_capacity", 0),
        ("review_capacity", 1.5),
        ("mail_port", 70_000),
        ("mail_security", "ssl"),
        ("mail_host", "smtp.example.com\r\nRCPT TO:<eve>"),
        ("mail_host", "not a host"),
        ("mail_from", "ada@example.com, eve@example.com"),
        ("mail_from", "Ada <ada@example.com>"),
        ("nothing", 1),
    ],
)
def test_values_that_cannot_be_used_are_refused_whatever_the_browser_let_through(
    desk: Desk, key: str, value: object
):
    with pytest.raises(SettingError) as refused:
        settings.change_setting(desk, ADMIN, key=key, value=value)
    assert refused.value.remedy


def test_a_secret_is_written_and_never_shown(desk: Desk):
    change = settings.change_setting(desk, ADMIN, key="mail_password", value="correct horse")
    setting = found(desk, "mail_password")
    assert (setting.value, setting.is_set) == (None, True)
    kept = str(settings.setting_value(desk.state, "mail_password"))
    assert unseal(desk, kept) == "correct horse"
    with desk.state.read() as session:
        entry = audit.read_audit(session)[0]
    assert (entry.before, entry.after) == ({"value": "[not set]"}, {"value": "[set]"})
    with pytest.raises(SettingError):
        settings.undo(desk, ADMIN, entry_id=change.entry_id)


def test_two_people_do_not_write_over_each_other(desk: Desk):
    seen = found(desk, "service_level").version
    settings.change_setting(desk, MANAGER, key="service_level", value=0.9, version=seen)
    with pytest.raises(StaleWriteError):
        settings.change_setting(desk, ADMIN, key="service_level", value=0.8, version=seen)
    assert settings.setting_value(desk.state, "service_level") == 0.9


def test_a_manager_sets_changes_and_takes_away_a_month_s_target(desk: Desk):
    first = settings.set_target(
        desk, MANAGER, metric="revenue", month=date(2026, 3, 17), value=50_000.0
    )
    (row,) = settings.list_targets(desk, MERCHANDISER)
    assert (row.metric, row.month, row.value, row.changed_by) == (
        "revenue",
        MARCH,
        50_000.0,
        "mia",
    )
    with pytest.raises(StaleWriteError):
        settings.set_target(desk, ADMIN, metric="revenue", month=MARCH, value=1.0, version=0)
    settings.undo(desk, MANAGER, entry_id=first.entry_id)
    assert settings.list_targets(desk, MANAGER) == ()


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("revenue", -1.0),
        ("revenue", float("inf")),
        ("conversion", 1.01),
        ("happiness", 1.0),
        ("revenue", "1"),
    ],
)
def test_targets_that_make_no_sense_are_refused(desk: Desk, metric: str, value: float):
    with pytest.raises(SettingError):
        settings.set_target(desk, MANAGER, metric=metric, month=MARCH, value=value)


@pytest.mark.parametrize("by", [MERCHANDISER, ANALYST])
def test_targets_are_for_managers_and_admins(desk: Desk, by: Identity):
    with pytest.raises(AccessDenied):
        settings.set_target(desk, by, metric="revenue", month=MARCH, value=1.0)
