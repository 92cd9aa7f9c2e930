"""Who scores which order while an experiment runs, and what is done by scores that are unsure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import select

from app.context import Desk
from app.services import serving
from app.services.experiments import running
from app.services.experiments.arms import arm_of
from app.services.fraud import queue, scoring
from app.services.fraud.casing import Scored
from app.services.fraud.units import units
from app.services.fraud.unsure import unsure
from app.services.serving import answering, memory
from data_access.state import fraud_events, model_uses
from data_access.state.fraud_tables import FraudCase, FraudScore
from data_access.state.model_tables import CapabilitySwitch, Experiment
from data_access.state.tables import Prediction
from tests.factories.fraud_cases import ANN, NOW, set_preference
from tests.factories.laid_models import decide, facts, features, files_of, fraud_model, lay_version


@pytest.fixture(autouse=True)
def new_process() -> Iterator[None]:
    memory.forget()
    answering.forget()
    yield
    memory.forget()
    answering.forget()


@pytest.fixture(scope="module")
def models() -> list[Any]:
    return [fraud_model(1), fraud_model(2, offset=-3.0)]


@pytest.fixture
def two(any_desk: Desk, models: list[Any]) -> Desk:
    """Version 1 decides, version 2 is there; chance draws nothing."""
    for number, model in enumerate(models, start=1):
        lay_version(any_desk, number, model)
    decide(any_desk, 1)
    set_preference(any_desk, "fraud_release_share", 0.0)
    set_preference(any_desk, "fraud_audit_share", 0.0)
    return any_desk


def begin(desk: Desk, mode: str, share: float = 0.5) -> None:
    with desk.state.write() as session:
        session.add(
            Experiment(
                capability="fraud", running_of="fraud", mode=mode, champion=1, challenger=2,
                share=share, salt="salt", started_at=NOW - timedelta(days=1), started_by="boss",
            )
        )  # fmt: skip


def ask_for(desk: Desk, confidence: float) -> None:
    with desk.state.write() as session:
        session.add(
            CapabilitySwitch(
                capability="fraud", confidence=confidence, changed_by="boss", changed_at=NOW
            )
        )


def keep(desk: Desk, orders: pd.DataFrame | None = None, cause: Any = "new", **amounts: float) -> (
    dict[str, Scored]
):  # fmt: skip
    made = features(**amounts)
    found = scoring.keep(desk, made, facts(made), cause=cause, now=NOW, orders=orders)
    return {one.order_id: one for one in found}


def logged(desk: Desk) -> list[Prediction]:
    with desk.state.read() as session:
        return list(session.scalars(select(Prediction).order_by(Prediction.prediction_id)))


def event(desk: Desk, order_id: str, hours: float = 1, **links: str) -> dict[str, Any]:
    placed = NOW - timedelta(hours=hours)
    row = {"order_id": order_id, "placed_at": placed, "coupon": None, "row": {"amount": 1.0}}
    row |= {link: links.get(link) for link in fraud_events.LINKS}
    with desk.state.write() as session:
        fraud_events.add_events(session, [row])
    return row


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([{k: v for k, v in row.items() if k != "row"} for row in rows])


def test_without_an_experiment_new_orders_are_logged_under_the_champion(two: Desk) -> None:
    found = keep(two, a=10.0, b=480.0)
    assert {one.model_version for one in found.values()} == {1}
    rows = logged(two)
    assert {(row.entity, row.arm, row.model_version, row.features_ref) for row in rows} == {
        ("order:a", "champion", 1, None),
        ("order:b", "champion", 1, None),
    }
    assert {row.entity: row.prediction for row in rows} == {
        f"order:{one}": score.score for one, score in found.items()
    }
    keep(two, cause="again", a=10.0)
    keep(two, cause="asked", c=10.0)
    assert len(logged(two)) == 2


def test_a_split_lets_the_challenger_decide_for_its_units(two: Desk) -> None:
    begin(two, "split")
    amounts = {f"o{number}": 50.0 + 4 * number for number in range(100)}
    found = keep(two, **amounts)
    wanted = {one: arm_of("salt", f"order:{one}", 0.5) for one in amounts}
    versions = {"champion": 1, "challenger": 2}
    assert {one: score.model_version for one, score in found.items()} == {
        one: versions[arm] for one, arm in wanted.items()
    }
    assert list(found) == list(amounts)  # in the order asked for
    count = Counter(wanted.values())
    assert min(count.values()) > 25
    for row in logged(two):
        order_id = row.entity.removeprefix("order:")
        assert (row.arm, row.model_version) == (wanted[order_id], versions[wanted[order_id]])
        assert row.features_ref == f"unit:order:{order_id}"
    # Each score is that of its model, asked alone.
    for version in (1, 2):
        mine = {one: amounts[one] for one, arm in wanted.items() if versions[arm] == version}
        told = serving.ask(two, "fraud", version).score(features(**mine))
        assert [found[one].score for one in mine] == pytest.approx(list(told))
    # Cases follow from whoever decides.
    with two.state.read() as session:
        cases = set(session.scalars(select(FraudCase.order_id)))
    assert cases == {one for one, score in found.items() if score.risk != "low"}
    assert any(wanted[one] == "challenger" for one in cases)


def test_in_shadow_the_challenger_scores_everything_and_decides_nothing(two: Desk) -> None:
    begin(two, "shadow", share=0.0)
    found = keep(two, a=10.0, b=480.0)
    assert {one.model_version for one in found.values()} == {1}
    with two.state.read() as session:
        rows = list(session.scalars(select(FraudScore)))
        cases = list(session.scalars(select(FraudCase)))
    assert {(row.order_id, row.model_version, row.shadow) for row in rows} == {
        ("a", 1, False), ("b", 1, False), ("a", 2, True), ("b", 2, True),
    }  # fmt: skip
    by_shadow = {row.order_id: row.score for row in rows if row.shadow}
    assert by_shadow["b"] != found["b"].score
    assert {case.order_id: case.score for case in cases} == {
        one: score.score for one, score in found.items() if score.risk != "low"
    }
    assert {(row.entity, row.arm, row.model_version, row.features_ref) for row in logged(two)} == {
        (f"order:{one}", arm, version, f"unit:order:{one}")
        for one in ("a", "b")
        for arm, version in (("champion", 1), ("shadow", 2))
    }


def test_a_refused_challenger_leaves_everything_to_the_champion(two: Desk) -> None:
    begin(two, "split", share=1.0)
    (files_of(two, 2) / "model.txt").unlink()
    assert keep(two, a=10.0)["a"].model_version == 1
    assert [(row.arm, row.model_version) for row in logged(two)] == [("champion", 1)]


def test_a_refused_champion_leaves_its_arm_to_the_last_good_one(two: Desk) -> None:
    (files_of(two, 1) / "model.txt").unlink()
    assert scoring.champion_version(two) == 1  # nobody has asked it yet
    assert keep(two, a=10.0)["a"].model_version == 0
    assert scoring.champion_version(two) == 0
    assert [row.model_version for row in logged(two)] == [0]


def test_customers_linked_by_device_or_card_are_one_unit(two: Desk) -> None:
    begin(two, "split")
    test = running(two, "fraud")
    assert test is not None
    event(two, "first", 30, customer="ann", device="phone")
    event(two, "second", 20, customer="bob", device="phone", card="visa")
    event(two, "third", 10, customer="cy", card="visa", ip="town")
    new = event(two, "new", 1, customer="cy", ip="town")
    alone = event(two, "alone", 1, customer="dee", ip="town")
    nobody = event(two, "nobody", 1)
    told = units(two, frame(new, alone, nobody), ["new", "alone", "nobody"], test)
    assert told == ["customer:ann", "customer:dee", "order:nobody"]


def test_a_unit_keeps_the_name_under_which_it_was_decided(two: Desk) -> None:
    begin(two, "split")
    test = running(two, "fraud")
    assert test is not None
    first = event(two, "first", 10, customer="bob", device="phone")
    keep(two, frame(first), first=10.0)
    assert logged(two)[0].features_ref == "unit:customer:bob"
    # An older order of somebody else appears, linked by the same device.
    event(two, "older", 30, customer="ann", device="phone")
    new = event(two, "new", 1, customer="ann", device="phone")
    assert units(two, frame(new), ["new"], test) == ["customer:bob"]


def test_below_the_confidence_asked_for_nothing_is_done_and_it_is_listed(two: Desk) -> None:
    amounts = {f"o{number}": 10.0 * number for number in range(1, 50)}
    sure = keep(two, **amounts)
    middling = [one for one, score in sure.items() if 0.25 < score.score < 0.75]
    certain = [one for one, score in sure.items() if score.score > 0.75]
    assert middling
    assert certain
    assert not any(score.unsure for score in sure.values())
    assert unsure(two, ANN, now=NOW).total == 0

    ask_for(two, 0.5)
    found = keep(two, **{f"new-{one}": amounts[one] for one in amounts})
    with two.state.read() as session:
        cases = set(session.scalars(select(FraudCase.order_id)))
    for one in middling:
        told = found[f"new-{one}"]
        assert (told.unsure, told.risk, told.case_id) == (True, "low", None)
        assert told.score == sure[one].score
        assert told.confidence == pytest.approx(abs(2 * told.score - 1))
        assert f"new-{one}" not in cases
    for one in certain:
        assert not found[f"new-{one}"].unsure
        assert f"new-{one}" in cases
    listed = unsure(two, ANN, now=NOW)
    assert listed.bound == 0.5
    assert listed.total == len(middling)
    assert {row.order_id for row in listed.rows} == {f"new-{one}" for one in middling}
    losses = [row.expected_loss for row in listed.rows]
    assert losses == sorted(losses, reverse=True)


def test_an_unsure_score_changes_no_case_and_a_surer_one_ends_the_matter(two: Desk) -> None:
    amount = next(
        value
        for value in range(100, 500, 5)
        if 0.25 < serving.ask(two, "fraud", 1).score(features(a=float(value)))[0] < 0.75
    )
    before = keep(two, a=490.0)["a"]
    ask_for(two, 0.5)
    assert keep(two, cause="again", a=float(amount))["a"].unsure
    (row,) = queue.page(two, ANN, now=NOW).rows
    assert (row.order_id, row.score) == ("a", before.score)
    assert unsure(two, ANN, now=NOW).total == 1
    keep(two, cause="again", a=490.0)
    assert unsure(two, ANN, now=NOW).total == 0


def test_what_models_are_asked_is_counted(two: Desk) -> None:
    begin(two, "split")
    keep(two, **{f"o{number}": 50.0 for number in range(40)})
    serving.flush(two)
    with two.state.read() as session:
        used = {one.model_version: one for one in model_uses.uses_in_all(session)}
    assert set(used) == {1, 2}
    assert sum(one.predictions for one in used.values()) == 40
    assert all((one.calls, one.errors) == (1, 0) for one in used.values())
    assert all(one.seconds > 0 and one.slowest == one.seconds for one in used.values())
    assert all((one.peak_mb or 0) > 10 for one in used.values())
