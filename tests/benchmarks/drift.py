"""Drift on demo medium: a month without change, then each input shifted by half its deviation."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd

from app.services.training import service_of
from ml import drift
from ml.contract import capabilities
from ml.drift.checking import ALARMS_A_MONTH, MONTH_DAYS
from ml.drift.histograms import Counted, Course
from tests.benchmarks.homes import desk_of, home_of
from tests.benchmarks.report import Report

DAYS = 30
SHIFTED_ON = 15  # day of the month on which the shifted data begin
RARE = 30  # known values a day under which half a deviation is less than chance


def run(report: Report) -> None:
    desk = desk_of(home_of("medium"))
    manifest = desk.store.newest()
    assert manifest is not None
    chance = ALARMS_A_MONTH / MONTH_DAYS / len(capabilities())
    alarms = 0
    for one in capabilities():
        service = service_of(one.key)
        frames = getattr(service, "watched_frames", service.frames)(desk, manifest)
        day = service.as_of(desk, manifest)
        learned = day - timedelta(days=DAYS)
        began = time.monotonic()
        cases = one.watched(frames, first_day=manifest.first_day, last_day=day)
        course = drift.course_of(cases, learned_to=learned, last_day=day)
        counted = time.monotonic() - began
        before, mine = False, 0
        for number in range(1, DAYS + 1):
            that = learned + timedelta(days=number)
            found = drift.check(course, learned_to=learned, day=that, chance=chance)
            mine += found.alarm and not before
            before = found.alarm
        alarms += mine
        report.add(f"{one.key}: alarms in 30 days without change", measured=mine)
        report.add(f"{one.key}: cases counted by day", measured=counted, unit="s")
        that = learned + timedelta(days=SHIFTED_ON)
        moved, odd = _shifted(cases, course, pd.Timestamp(that), learned, day)
        found = drift.check(moved, learned_to=learned, day=that, chance=chance)
        scores = {row.name: row.score for row in found.rows if row.name in odd}
        heard = sorted(name for name, score in scores.items() if score > 1)
        missed = sorted(set(odd) - set(heard))
        report.add(
            f"{one.key}: inputs shifted by half a deviation, found on the first day",
            measured=f"{len(heard)} of {len(odd)}",
            asked="all",
            passed=not missed,
        )
        report.add(f"{one.key}: not found on the first day", measured=", ".join(missed) or "none")
    report.add(
        "alarms in 30 days without change, both capabilities",
        measured=alarms,
        asked="≤ 1",
        passed=alarms <= 1,
    )


def _shifted(
    cases: pd.DataFrame, course: Course, day: pd.Timestamp, learned: object, last: object
) -> tuple[Course, list[str]]:
    """Every input shifted on the day, each judged by itself: bounds come from the past alone."""
    chance = np.random.default_rng(1)
    at = (cases["day"] == day).to_numpy()
    inputs: list[Counted] = []
    odd: list[str] = []
    for one in course.inputs:
        known = at & cases[one.name].notna().to_numpy()
        column = cases[one.name].copy()
        if one.kind == "category":
            share = float(one.counts[:, 0].sum() / one.counts.sum())
            moves = known & (chance.random(len(column)) < 0.5 * np.sqrt((1 - share) * share))
            column = column.astype(object)
            column[moves] = one.labels[1]
            varies = one.counts[:, 1:].sum() > 0
        elif set(pd.unique(column.dropna())) <= {0.0, 1.0}:
            mean = float(column.mean())
            step = 0.5 * np.sqrt(mean * (1 - mean))
            rare, usual = (1.0, 1 - mean) if mean < 0.5 else (0.0, mean)
            column[known & (chance.random(len(column)) < step / max(usual, 1e-9))] = rare
            varies = 0 < mean < 1
        else:
            column[known] = column[known] + 0.5 * one.deviation
            varies = float(column.std()) > 0
        frame = pd.DataFrame({"day": cases["day"], one.name: column})
        counted = drift.course_of(frame, learned_to=learned, last_day=last)  # type: ignore[arg-type]
        inputs.append(counted.inputs[0])
        if varies and known.sum() >= RARE:
            odd.append(one.name)
    return replace(course, inputs=tuple(inputs)), odd
