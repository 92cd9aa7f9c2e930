"""What came of an experiment: from the prediction log, by arm and unit, in words."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from app.context import Desk
from app.services.activation import activate
from app.services.experiments import kept, running, telling
from app.services.experiments.arms import unit_ref
from app.services.experiments.beginning import start
from app.services.experiments.outcomes import outcomes
from data_access.errors import DataError
from data_access.state.engine import utc_now
from data_access.state.predictions import Believed, log_predictions, record_outcomes
from tests.app.services.deciding import ADA

pytestmark = pytest.mark.usefixtures("wednesday_morning")


@pytest.fixture
def desk(desk_of_versions: Desk) -> Desk:
    activate(desk_of_versions, ADA, "fraud", 2, 0)
    return desk_of_versions


def log(
    desk: Desk,
    arm: str,
    version: int,
    said: dict[str, float],
    units: dict[str, str],
    *,
    capability: str = "fraud",
    made_at: datetime | None = None,
    as_of: date | None = None,
) -> None:
    with desk.state.write() as session:
        log_predictions(
            session,
            capability=capability,
            model_version=version,
            arm=arm,
            as_of=as_of or utc_now().date(),
            made_at=made_at or utc_now(),
            rows=[
                Believed(entity=entity, prediction=value, features_ref=unit_ref(units[entity]))
                for entity, value in said.items()
            ],
        )


def came(desk: Desk, found: dict[str, float], capability: str = "fraud") -> None:
    with desk.state.write() as session:
        record_outcomes(session, capability, found, utc_now())


def orders(seed: int, skill: float, count: int = 400) -> tuple[dict[str, float], dict[str, float]]:
    """Scores and truths of orders; the more skill, the better the scores."""
    rng = np.random.default_rng(seed)
    bad = rng.random(count) < 0.2
    score = 1 / (1 + np.exp(-(rng.normal(0, 1, count) + skill * bad - 2)))
    names = [f"order:{seed}-{n}" for n in range(count)]
    return dict(zip(names, score.tolist(), strict=True)), dict(
        zip(names, bad.astype(float).tolist(), strict=True)
    )


def test_of_a_split_each_side_is_measured_on_its_own_cases(desk: Desk) -> None:
    start(desk, ADA, "fraud", 3, mode="split", share=0.5)
    for arm, version, seed, skill in (("champion", 2, 1, 0.3), ("challenger", 3, 2, 4.0)):
        said, truth = orders(seed, skill)
        log(desk, arm, version, said, {name: name for name in said})
        came(desk, truth)
    now = running(desk, "fraud")
    assert now is not None
    found = outcomes(desk, now.experiment_id)
    assert found.measure.slug == "average_precision"
    assert (found.champion.graded, found.challenger.graded) == (400, 400)
    assert (found.champion.units, found.challenger.units) == (400, 400)
    assert found.compared is not None
    assert found.compared.state == "better"
    assert found.compared.challenger.value > found.compared.champion.value
    told = telling.verdict(found)
    assert told.startswith("Version 3 is surely better: average precision differs by ")
    assert "however often one looks" in told
    assert not found.uneven


def test_in_shadow_only_cases_that_both_answered_count(desk: Desk) -> None:
    start(desk, ADA, "fraud", 3, mode="shadow")
    said, truth = orders(1, 2.0, 200)
    units = {name: f"customer:{n // 2}" for n, name in enumerate(said)}
    log(desk, "champion", 2, said, units)
    half = dict(list(said.items())[:100])
    log(desk, "shadow", 3, half, units)
    came(desk, truth)
    now = running(desk, "fraud")
    assert now is not None
    found = outcomes(desk, now.experiment_id)
    assert found.compared is not None
    assert (found.compared.champion.cases, found.compared.challenger.cases) == (100, 100)
    assert found.compared.units == 50
    assert found.compared.difference == pytest.approx(0.0)
    assert found.compared.state == "open"


def test_what_was_said_before_it_began_or_by_another_version_does_not_count(desk: Desk) -> None:
    said, truth = orders(1, 2.0, 100)
    units = {name: name for name in said}
    log(desk, "champion", 2, said, units, made_at=utc_now() - timedelta(days=1))
    start(desk, ADA, "fraud", 3, mode="split", share=0.5)
    log(desk, "challenger", 1, said, units)
    came(desk, truth)
    now = running(desk, "fraud")
    assert now is not None
    found = outcomes(desk, now.experiment_id)
    assert (found.champion.predictions, found.challenger.predictions) == (0, 0)
    assert telling.verdict(found) == ("Too early to tell: nothing has been decided since it began.")


def test_before_anything_came_it_says_how_much_waits(desk: Desk) -> None:
    start(desk, ADA, "fraud", 3, mode="split", share=0.5)
    said, truth = orders(1, 2.0, 30)
    log(desk, "champion", 2, said, {name: name for name in said})
    now = running(desk, "fraud")
    assert now is not None
    found = outcomes(desk, now.experiment_id)
    assert telling.verdict(found) == (
        "Too early to tell: 30 predictions are logged (30 by version 2, 0 by version 3), of none "
        "of which it is known what came."
    )
    other, more = orders(2, 2.0, 5)
    log(desk, "challenger", 3, other, {name: name for name in other})
    came(desk, {**truth, **more})
    found = outcomes(desk, now.experiment_id)
    assert "outcomes of 30 customers are known for version 2 and of 5 customers for version 3" in (
        telling.verdict(found)
    )
    assert found.needed is None
    assert telling.how_long(found) is None


def test_two_equal_models_are_told_as_open_with_what_it_takes(desk: Desk) -> None:
    start(desk, ADA, "fraud", 3, mode="split", share=0.5)
    for arm, version, seed in (("champion", 2, 1), ("challenger", 3, 2)):
        said, truth = orders(seed, 2.0, 300)
        log(desk, arm, version, said, {name: name for name in said})
        came(desk, truth)
    now = running(desk, "fraud")
    assert now is not None
    found = outcomes(desk, now.experiment_id)
    assert "Nothing is sure yet" in telling.verdict(found)
    assert found.needed is not None
    assert found.needed > 600
    assert "600 are known" in (telling.how_long(found) or "")


def test_an_entity_that_was_asked_again_and_again_counts_once(desk: Desk) -> None:
    start(desk, ADA, "forecasting", 3, mode="shadow")
    weeks = [f"category:c{n}/2026-03-02" for n in range(10)]
    units = {name: name.split("/")[0] for name in weeks}
    for back in range(5):  # the rule of thumb decides: its arm is called baseline
        day = utc_now().date() - timedelta(days=back)
        said = dict.fromkeys(weeks, 10.0)
        for arm, version in (("baseline", 0), ("shadow", 3)):
            log(desk, arm, version, said, units, capability="forecasting", as_of=day)
    log(desk, "baseline", 0, {"category:x/2026-03-02": 30.0}, {"category:x/2026-03-02": "x"},
        capability="forecasting")  # fmt: skip
    log(desk, "shadow", 3, {"category:x/2026-03-02": 30.0}, {"category:x/2026-03-02": "x"},
        capability="forecasting")  # fmt: skip
    came(desk, {**dict.fromkeys(weeks, 10.0), "category:x/2026-03-02": 10.0}, "forecasting")
    now = running(desk, "forecasting")
    assert now is not None
    found = outcomes(desk, now.experiment_id)
    assert found.compared is not None
    assert found.compared.champion.value == pytest.approx(20 / 110)
    assert found.compared.champion.units == 11


def test_a_split_that_chance_did_not_make_is_told(desk: Desk) -> None:
    start(desk, ADA, "fraud", 3, mode="split", share=0.5)
    for arm, version, seed, count in (("champion", 2, 1, 400), ("challenger", 3, 2, 40)):
        said, _ = orders(seed, 2.0, count)
        log(desk, arm, version, said, {name: name for name in said})
    now = running(desk, "fraud")
    assert now is not None
    found = outcomes(desk, now.experiment_id)
    assert found.uneven
    assert "9 % of the units went to the challenger instead of 50 %" in (
        telling.uneven(found) or ""
    )


def test_a_split_of_a_handful_says_that_shadow_tells_more(desk: Desk) -> None:
    start(desk, ADA, "forecasting", 3, mode="split", share=0.5)
    units = {f"category:c{n}/2026-03-02": f"category:c{n}" for n in range(3)}
    log(desk, "challenger", 3, dict.fromkeys(units, 1.0), units, capability="forecasting")
    now = running(desk, "forecasting")
    assert now is not None
    told = telling.few_units(outcomes(desk, now.experiment_id)) or ""
    assert told.startswith("Only 3 categories are divided between the two")


def test_what_was_worked_out_is_kept_until_another_outcome_comes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(desk, ADA, "fraud", 3, mode="split", share=0.5)
    said, truth = orders(1, 2.0, 50)
    log(desk, "champion", 2, said, {name: name for name in said})
    now = running(desk, "fraud")
    assert now is not None
    first = kept.outcomes(desk, now.experiment_id)
    assert kept.outcomes(desk, now.experiment_id) is first
    came(desk, truth)
    again = kept.outcomes(desk, now.experiment_id)
    assert (first.champion.graded, again.champion.graded) == (0, 50)


def test_an_experiment_that_never_was_is_refused(desk: Desk) -> None:
    with pytest.raises(DataError, match="no experiment number 99"):
        outcomes(desk, 99)
