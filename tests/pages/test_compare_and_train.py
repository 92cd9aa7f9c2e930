"""Compare and train: the leaderboard, two versions side by side, the form, the digest's dialog."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app.access import Role
from app.context import Desk
from app.services import jobs, training
from app.services.previews import work_out
from tests.pages.conftest import enter, identity, words_of

SHORT = {"horizon_weeks": 8}


def train(desk: Desk, job_id: str, *keys: str, scope: dict[str, str | None] | None = None) -> None:
    rows = [{"candidate": key, "parameters": SHORT} for key in keys]
    training.train_several(
        desk,
        {"capability": "forecasting", "candidates": rows, "scope": scope},
        asked_by="ada",
        job_id=job_id,
        progress=lambda *_, **__: None,
    )


@pytest.fixture
def versions(desk: Desk) -> Desk:
    """Two versions for the shop and one for the mug; the same jobs store them once a session."""
    train(desk, "page-all", "recent_mean", "seasonal_naive")
    train(desk, "page-mug", "recent_mean", scope={"level": "product", "series_id": "mug"})
    return desk


def drawn(desk: Desk, role: Role, body: str) -> AppTest:
    """A part of the view by itself, as somebody who is logged in."""
    app = AppTest.from_string(body, default_timeout=60)
    app.user = {"session": enter(desk, role)}
    return app.run()


WHOLE_VIEW = """
from app.ui import state, training
training.show(state.desk(), state.enter(), "forecasting")
"""

BESIDE = """
from app.services import models
from app.ui import beside, state
desk = state.desk()
beside.show(desk, "forecasting", models.compare(desk, "forecasting"), {first}, {second})
"""

CHOSEN = """
from app.services import models
from app.ui import activation, state
desk, person = state.desk(), state.enter()
found = models.compare(desk, "forecasting")
activation.show(desk, person, found, found.standing({number}))
"""

PREVIEW = """
from app.ui.activation import _looked_at
_looked_at("forecasting", {number})
"""


def numbers(desk: Desk) -> list[int]:
    found = [one for one in desk.models.versions("forecasting") if one.scope.whole]
    return sorted(one.number for one in found)


def test_the_leaderboard_has_a_row_a_version_and_the_rule_of_thumb_among_them(
    versions: Desk,
) -> None:
    page = drawn(versions, Role.merchandiser, WHOLE_VIEW)

    assert not page.exception
    table = page.dataframe[0].value
    assert sorted(table["number"]) == sorted([*map(str, numbers(versions)), "rule"])
    assert {"error", "against", "bias", "mase", "coverage_80", "took"} <= set(table.columns)
    assert "decides now" in words_of(page)
    assert "Measured on" in words_of(page)


def test_versions_for_one_product_stand_apart(versions: Desk) -> None:
    page = drawn(versions, Role.merchandiser, WHOLE_VIEW)
    chooser = next(box for box in page.selectbox if box.label == "Trained for")
    page = chooser.select_index(1).run()

    assert len(page.dataframe[0].value) == 2  # the mug's version and the rule of thumb
    assert "The model of the whole shop decides here now" in words_of(page)


def test_another_version_appears_as_soon_as_it_is_stored(desk: Desk) -> None:
    train(desk, "page-all", "recent_mean", "seasonal_naive")
    before = len(drawn(desk, Role.merchandiser, WHOLE_VIEW).dataframe[0].value)
    train(desk, "page-later", "croston")
    after = drawn(desk, Role.merchandiser, WHOLE_VIEW)
    assert len(after.dataframe[0].value) == before + 1


def test_two_versions_stand_side_by_side_by_weeks_class_level_and_product(versions: Desk) -> None:
    first, second = numbers(versions)[:2]
    page = drawn(versions, Role.manager, BESIDE.format(first=first, second=second))

    assert not page.exception
    assert "could not be made" not in words_of(page)
    errors, products = (one.value for one in page.dataframe)
    assert {"group", "first", "second", "rule"} <= set(errors.columns)
    assert set(products["product"]) == {"Mug", "Kettle", "Board"}
    chooser = page.get("button_group")[0]
    assert list(chooser.options) == [
        "Weeks ahead",
        "Class of product",
        "Level",
    ]


def test_a_preview_that_nobody_worked_out_is_asked_of_a_worker(desk: Desk) -> None:
    train(desk, "page-asked", "tsb")
    version = desk.models.stored_by("forecasting", "page-asked-0-tsb")
    assert version is not None
    for path in (desk.settings.artifacts / "previews").rglob(f"*-{version.number}/*.json"):
        path.unlink()
    page = drawn(desk, Role.merchandiser, PREVIEW.format(number=version.number))

    assert not page.exception
    assert "A worker asks both models" in words_of(page)
    (job,) = [one for one in jobs.recent(desk, kinds=["preview"]) if one.active]
    assert job.parameters["version"] == version.number
    jobs.cancel(desk, identity(desk, Role.admin), job.job_id)

    work_out(desk, version)
    page = drawn(desk, Role.merchandiser, PREVIEW.format(number=version.number))
    assert "products" in words_of(page)
    assert any(button.label.startswith("Activate version") for button in page.button)


def test_who_may_not_promote_sees_the_figures_but_no_button(versions: Desk) -> None:
    number = numbers(versions)[0]
    page = drawn(versions, Role.manager, CHOSEN.format(number=number))
    assert "Merchandisers and admins decide" in words_of(page)
    assert not [one for one in page.button if one.label == "See what would change"]


def test_the_form_says_what_each_is_good_for_and_how_long_all_take(desk: Desk) -> None:
    page = drawn(desk, Role.merchandiser, WHOLE_VIEW)
    boxes = {box.label.split("**")[1]: box for box in page.checkbox if "**" in box.label}

    assert boxes["LightGBM over all products"].value
    assert "minute" in boxes["ARIMA (AutoARIMA)"].label
    assert "neural network" in " ".join(boxes)
    for box in boxes.values():
        if box.value:
            box.uncheck()
    page = page.run()
    button = next(one for one in page.button if one.label.startswith("Train 0 candidates"))
    assert button.disabled


def test_pressing_train_asks_for_what_was_chosen(desk: Desk) -> None:
    page = drawn(desk, Role.merchandiser, WHOLE_VIEW)
    for box in page.checkbox:
        wanted = box.label.startswith(("**Mean of 8 weeks", "**Croston"))
        box.check() if wanted else box.uncheck()
    page = page.run()
    next(one for one in page.button if one.label.startswith("Train 2 candidates")).click().run()

    job = jobs.recent(desk, kinds=["train"], limit=1)[0]
    try:
        assert [row["candidate"] for row in job.parameters["candidates"]] == [
            "recent_mean",
            "croston",
        ]
        assert job.parameters["scope"] == {"level": "all", "series_id": None}
    finally:
        jobs.cancel(desk, identity(desk, Role.admin), job.job_id)


def test_following_a_category_keeps_it_and_the_address(desk: Desk) -> None:
    button = "from app.ui import follow, state\nfollow.button(state.desk(), state.enter(), {})"
    dialog = "from app.ui import follow\nfollow.choose('kitchen')"
    page = drawn(desk, Role.merchandiser, button.format("'kitchen'"))
    assert [one.label for one in page.button] == ["Follow"]

    page = drawn(desk, Role.merchandiser, dialog)
    assert page.multiselect[0].value == ["kitchen"]
    assert "No mail server is set yet" in words_of(page)
    page.text_input[0].input("nonsense")
    page = page.button(key="follow_save").click().run()
    assert "'nonsense' is no mail address." in words_of(page)
    page.text_input[0].input("ada@example.com")
    page = page.button(key="follow_save").click().run()
    assert not page.exception

    page = drawn(desk, Role.merchandiser, button.format("'kitchen'"))
    assert [one.label for one in page.button] == ["Following"]
