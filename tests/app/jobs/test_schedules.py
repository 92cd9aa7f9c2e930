"""Schedules: made once, changed at run time, heeded by the worker within seconds."""

from __future__ import annotations

import time

import pytest

from app.access import AccessDenied, Identity, Role
from app.jobs.kinds import JobError
from app.jobs.queueing import TICK
from app.jobs.schedules import (
    MINUTES,
    change_schedule,
    create_schedules,
    cron_of,
    list_schedules,
    minutes_of,
)
from tests.factories.app_database import lay_app_database

TITLES = {"refresh": "Refresh the data", "live_on": "Let the demo shop live on"}


@pytest.mark.parametrize("minutes", MINUTES)
def test_every_permitted_distance_can_be_written_and_read(minutes):
    assert minutes_of(cron_of(minutes)) == minutes


@pytest.mark.parametrize(("asked", "given"), [(7, 6), (50, 60), (90, 60), (100, 120), (9999, 1440)])
def test_another_distance_becomes_the_nearest_that_divides_a_day(asked, given):
    assert minutes_of(cron_of(asked)) == given


def test_schedules_are_made_once_and_keep_what_staff_changed(office):
    client = office.jobs.dbos
    create_schedules(client, {"refresh": 60.0, "live_on": 1.0}, demo=True)
    change_schedule(client, "refresh", every_minutes=15)
    change_schedule(client, "live_on", active=False)
    create_schedules(client, {"refresh": 60.0}, demo=True)

    known = {s.name: (s.every_minutes, s.active) for s in list_schedules(client, TITLES)}
    assert known == {"refresh": (15, True), "live_on": (1, False)}


def test_a_changed_default_of_the_settings_is_taken_over(office):
    client = office.jobs.dbos
    create_schedules(client, {"refresh": 60.0}, demo=False)
    create_schedules(client, {"refresh": 30.0}, demo=False)
    assert list_schedules(client, TITLES)[0].every_minutes == 30


def test_only_a_demo_shop_lives_on(office):
    client = office.jobs.dbos
    create_schedules(client, {"live_on": 1.0}, demo=False)
    assert not list_schedules(client, TITLES)[0].active


def test_a_paused_schedule_stays_paused_when_its_distance_changes(office):
    client = office.jobs.dbos
    create_schedules(client, {"refresh": 60.0}, demo=False)
    change_schedule(client, "refresh", active=False)
    change_schedule(client, "refresh", every_minutes=30)
    found = list_schedules(client, TITLES)[0]
    assert (found.every_minutes, found.active) == (30, False)


def test_a_distance_that_does_not_divide_a_day_is_refused(office):
    client = office.jobs.dbos
    create_schedules(client, {"refresh": 60.0}, demo=False)
    with pytest.raises(JobError, match="every 7 minutes") as told:
        change_schedule(client, "refresh", every_minutes=7)
    assert "60" in told.value.remedy


def test_a_schedule_made_at_run_time_asks_for_its_job(staffed):
    client = staffed.jobs.dbos
    client.apply_schedules(
        [
            {
                "schedule_name": "stroll",
                "workflow_name": TICK,
                "schedule": "* * * * * *",
                "context": {"kind": "stroll"},
            }
        ]
    )
    deadline = time.monotonic() + 30
    while not (jobs := staffed.jobs.list(kinds=["stroll"])):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    client.delete_schedule("stroll")
    assert jobs[0].asked_by == "schedule"
    assert staffed.wait(jobs[-1].job_id).state == "done"
    deadline = time.monotonic() + 30
    while staffed.jobs.list(kinds=["stroll"], states=("queued", "running")):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_only_admins_change_schedules(tmp_path):
    from app.context import open_desk
    from app.services import jobs as service
    from app.settings import Settings

    lay_app_database(tmp_path)
    desk = open_desk(Settings(_env_file=None, home=tmp_path))
    create_schedules(desk.jobs.dbos, {"refresh": 60.0}, demo=False)
    person = Identity(name="mia", role=Role.manager)
    with pytest.raises(AccessDenied):
        service.change_schedule(desk, person, "refresh", every_minutes=15)
    admin = Identity(name="bob", role=Role.admin)
    assert service.change_schedule(desk, admin, "refresh", every_minutes=15).every_minutes == 15
    desk.jobs.close()
    desk.state.close()
