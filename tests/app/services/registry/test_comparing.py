"""Versions side by side, from what is stored with them."""

from __future__ import annotations

import pytest

from app.context import Desk
from app.services import registry
from app.services.registry import VersionRefused
from data_access.errors import DataError
from ml.comparison import RULE
from tests.factories.model_versions import case_rows, lay_version


def test_three_versions_are_compared_on_the_cases_they_share(desk: Desk) -> None:
    for number, spread in ((1, 1.0), (2, 4.0), (3, 1.0)):
        lay_version(desk, number, cases=case_rows(number, spread=spread))
    told = registry.compare(desk, "forecasting", [3, 1, 2])

    assert told.side is not None
    assert told.side.names == ("3", "1", "2")
    assert told.side.cases == 600
    assert set(told.side.figures["wape"]) == {"1", "2", "3", RULE}
    pairs = {frozenset((one.better, one.worse)): one for one in told.side.differences}
    assert len(pairs) == 6
    assert pairs[frozenset(("1", "2"))].better == "1"
    assert not pairs[frozenset(("1", "2"))].chance
    assert pairs[frozenset(("1", "3"))].chance
    said = registry.verdict(told)
    assert "surely better than version 2 and the rule of thumb" in said
    assert "could be chance" in said


def test_only_what_differs_in_how_they_were_made_is_told(desk: Desk) -> None:
    lay_version(desk, 1, cases=case_rows(1), parameters={"rounds": 100, "leaves": 15})
    lay_version(desk, 2, cases=case_rows(2), parameters={"rounds": 100, "leaves": 31})
    told = registry.compare(desk, "forecasting", [1, 2])

    assert told.settings.to_dict("records") == [{"setting": "leaves", "1": "15", "2": "31"}]


def test_what_matters_stands_side_by_side_the_largest_first(desk: Desk) -> None:
    lay_version(desk, 1, summary={"reach": {"price": 1.0, "season": 3.0}})
    lay_version(desk, 2, summary={"reach": {"price": 5.0}})
    told = registry.compare(desk, "forecasting", [1, 2])

    assert told.reach["input"].tolist() == ["Price paid", "season"]
    assert told.reach["2"].tolist() == [5.0, 0.0]


def test_a_version_without_its_cases_is_compared_by_stored_figures_and_that_is_said(
    desk: Desk,
) -> None:
    lay_version(desk, 1, cases=case_rows(1))
    lay_version(desk, 2)
    told = registry.compare(desk, "forecasting", [1, 2])

    assert told.side is None
    assert told.why_not is not None
    assert "Version 2 was stored without the cases" in told.why_not
    assert registry.verdict(told) == told.why_not


def test_versions_measured_on_other_days_share_no_case_and_that_is_said(desk: Desk) -> None:
    later = case_rows(2)
    lay_version(desk, 1, cases=case_rows(1))
    lay_version(desk, 2, cases=later.assign(case="later/" + later["case"]))

    told = registry.compare(desk, "forecasting", [1, 2])
    assert told.side is None
    assert "share no case" in (told.why_not or "")


def test_cases_that_were_altered_are_not_believed(desk: Desk) -> None:
    lay_version(desk, 1, cases=case_rows(1))
    lay_version(desk, 2, cases=case_rows(2))
    path = desk.models.folder / "forecasting" / "job-2" / "files" / "evaluation.parquet"
    case_rows(3).to_parquet(path, index=False)

    told = registry.compare(desk, "forecasting", [1, 2])
    assert told.side is None
    assert "not what was stored" in (told.why_not or "")


@pytest.mark.parametrize("numbers", [[1], [1, 1], [1, 2, 3, 4, 5]])
def test_fewer_than_two_and_more_than_four_are_refused(desk: Desk, numbers: list[int]) -> None:
    for number in range(1, 6):
        lay_version(desk, number)
    with pytest.raises(VersionRefused):
        registry.compare(desk, "forecasting", numbers)


def test_a_version_that_is_not_there_is_named(desk: Desk) -> None:
    lay_version(desk, 1)
    with pytest.raises(DataError, match="no version 9"):
        registry.compare(desk, "forecasting", [1, 9])


def test_versions_that_say_the_same_are_not_told_apart(desk: Desk) -> None:
    same = case_rows(1, spread=6.0)
    lay_version(desk, 1, cases=same)
    lay_version(desk, 2, cases=same)
    lay_version(desk, 3, cases=same.assign(predicted=same["rule"]))
    said = registry.verdict(registry.compare(desk, "forecasting", [1, 2, 3]))

    assert "could be chance" in said
    assert "surely" not in said
