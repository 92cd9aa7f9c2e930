"""The passport: what a version decides, how good it is where, what not to use it for."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from app.context import Desk
from app.services import registry
from app.services.registry import passport_page
from tests.app.services.registry.conftest import ADMIN
from tests.factories.model_versions import NOW, case_rows, decide, lay_version

EVIL = '<script>alert("x")</script>'


def weak_in(rows: pd.DataFrame, group: str) -> pd.DataFrame:
    """The same cases, with far too high predictions in one group."""
    high = rows["predicted"] + np.where(rows["group"] == group, 30, 0)
    return rows.assign(predicted=high.astype("float32"))


def page(desk: Desk, number: int = 1) -> str:
    told = registry.passport(desk, "forecasting", number, NOW)
    dates = {one.change_id: "31 Mar 2026, 12:00" for one in told.activations}
    return passport_page.page(told, "UTC", "31 Mar 2026, 12:00", dates)


def test_it_tells_data_quality_lineage_and_who_let_it_decide(desk: Desk) -> None:
    lay_version(desk, 1, cases=case_rows(1), summary={"seed": 7})
    lay_version(desk, 2)
    decide(desk, 2)
    decide(desk, 1, by="bob")
    told = registry.passport(desk, "forecasting", 1, NOW)

    assert told.question == "How many units will we sell, and what should we order?"
    assert [one.own for one in told.figures] == [0.2]
    interval = told.figures[0].interval
    assert interval is not None
    assert interval.low is not None
    assert interval.high is not None
    assert interval.low < 0.2 < interval.high
    assert {one.group for one in told.parts} == {
        "Best sellers, steady",
        "Slow sellers, irregular",
    }
    assert told.before == (2,)
    assert told.seed == 7
    facts = dict(passport_page.lineage_facts(told))
    assert facts["Decided after"] == "version 2"
    assert facts["Settings"] == "rounds 101"
    assert "model.json" in facts["Files"]
    assert passport_page.changes_of(told, {told.activations[0].change_id: "Then"}) == [
        "Then: bob chose version 1 in place of version 2."
    ]


def test_a_group_in_which_the_rule_of_thumb_is_better_is_a_weak_spot(desk: Desk) -> None:
    lay_version(desk, 1, cases=weak_in(case_rows(1), "Best sellers, steady"), wape=0.5)
    told = registry.passport(desk, "forecasting", 1, NOW)

    assert any("Best sellers, steady" in one and "rule of thumb" in one for one in told.weak)
    assert not any("Slow sellers" in one for one in told.weak)
    assert any("Best sellers, steady" in one for one in told.not_for)


def test_a_group_that_is_far_worse_than_the_whole_is_a_weak_spot(desk: Desk) -> None:
    rows = weak_in(case_rows(1), "Best sellers, steady")
    lay_version(desk, 1, cases=rows.assign(rule=rows["rule"] + 100), wape=0.2)
    told = registry.passport(desk, "forecasting", 1, NOW)

    assert any("Best sellers, steady" in one and "over all 20.0 %" in one for one in told.weak)


def test_what_it_was_not_made_for_is_said(desk: Desk) -> None:
    lay_version(
        desk, 1, beats=False, parameters={"horizon_weeks": 13},
        summary={"scope": {"level": "category", "series_id": "C"}, "scope_label": "Mugs"},
    )  # fmt: skip
    said = " ".join(registry.passport(desk, "forecasting", 1, NOW).not_for)

    assert "Anything outside Mugs" in said
    assert "More than 13 weeks ahead" in said
    assert "did not beat the rule of thumb" in said


def test_an_old_version_without_cases_still_has_a_passport_that_says_so(desk: Desk) -> None:
    lay_version(desk, 1, candidate="no_longer_offered")
    told = page(desk)

    assert "stored without the cases" in told
    assert "no longer offered" in told
    assert "It never decided." in told


def test_the_page_needs_nothing_besides_itself_and_runs_nothing(desk: Desk) -> None:
    lay_version(
        desk, 1, cases=case_rows(1).assign(group=EVIL), asked_by=EVIL,
        parameters={EVIL: EVIL}, summary={"warnings": [EVIL], "scope_label": EVIL},
    )  # fmt: skip
    registry.note(desk, ADMIN, "forecasting", 1, EVIL, expected=0)
    told = page(desk)

    assert "<script" not in told
    assert told.count("&lt;script&gt;") >= 4
    assert not re.search(r"(src|href)=|url\(|@import", told)
    assert told.startswith("<!doctype html>")
    assert len(told) < 40_000
