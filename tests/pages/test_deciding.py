"""Who decides: activation, switch, threshold, time line and experiments as people see them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.access import Role
from app.context import Desk, get_desk
from app.services import experiments, switches
from app.services.activation import activate, champion
from app.services.experiments.beginning import start
from data_access.state.engine import utc_now
from data_access.state.publications import add_publication
from tests.app.services.deciding import ADA, Asked
from tests.factories.app_database import lay_app_database
from tests.factories.stored_versions import lay
from tests.pages.conftest import Open, enter, forget, words_of


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """An own home without a shop: three laid versions a capability, version 2 decides."""
    monkeypatch.setenv("SHOPSIGHT_HOME", str(tmp_path))
    forget()
    made = get_desk()
    lay_app_database(tmp_path)
    made.__dict__["jobs"], made.__dict__["mark"] = Asked(), None
    for capability in ("forecasting", "fraud"):
        for number in (1, 2, 3):
            lay(made, capability, number, beats=number > 1)
    activate(made, ADA, "fraud", 3, 0)
    activate(made, ADA, "fraud", 2, 1)
    yield made
    forget()


VIEW = """
from app.ui import state
from pages.models import deciding
deciding.show(state.desk(), state.enter(), "{capability}")
"""


OFF = """
from app.ui import models_switch
models_switch.off("fraud", "Fraud review", 0)
"""

END = """
from app.ui import models_experiment
models_experiment.end({number}, 1, 3, "{how}")
"""


def seen(desk: Desk, role: Role, capability: str = "fraud") -> AppTest:
    return drawn(desk, role, VIEW.format(capability=capability))


def drawn(desk: Desk, role: Role, body: str) -> AppTest:
    """A part of the view by itself: a dialog's content would be gone with the next run."""
    app = AppTest.from_string(body, default_timeout=60)
    app.user = {"session": enter(desk, role)}
    return app.run()


def button(page: AppTest, label: str) -> object:
    return next(one for one in page.button if one.label == label)


def labels(page: AppTest) -> list[str]:
    return [one.label for one in page.button]


def test_the_view_says_who_decides_since_when_and_on_whose_word(desk: Desk) -> None:
    page = seen(desk, Role.manager)
    assert not page.exception
    told = words_of(page)
    assert "**Version 2**, since" in told
    assert "on the word of ada" in told
    table = page.dataframe[0].value
    assert list(table["who"]) == ["Version 2", "Version 3"]
    assert set(table["by"]) == {"ada"}


def test_who_may_not_act_reads_all_and_sees_no_button(desk: Desk) -> None:
    start(desk, ADA, "fraud", 3, mode="shadow")
    page = seen(desk, Role.manager)
    assert not page.exception
    assert "Version 3 answers everything beside version 2" in words_of(page)
    assert labels(page) == []


def test_the_newest_change_is_undone_by_one_click(desk: Desk) -> None:
    page = seen(desk, Role.fraud_analyst)
    button(page, "Undo the newest change").click().run()
    assert not page.exception
    assert champion(desk, "fraud").version == 3


def test_an_admin_switches_off_and_on_with_undo(desk: Desk) -> None:
    dialog = drawn(desk, Role.admin, OFF)
    dialog.selectbox(key="off_reason").select("We look into a complaint").run()
    dialog.button(key="off_sure").click().run()
    assert not dialog.exception
    page = seen(desk, Role.admin)
    assert champion(desk, "fraud").version is None
    told = words_of(page)
    assert "Fraud review is switched off: no model decides" in told
    assert "We look into a complaint" in told
    assert "What you see is the rule of thumb" in told
    assert "It is switched off: switch it on again first." in told
    assert "Undo the newest change" not in labels(page)
    assert "See what would change" not in labels(page)
    button(page, "Switch on again").click().run()
    assert not page.exception
    assert switches.switch(desk, "fraud").active
    assert champion(desk, "fraud").version == 2


def test_a_threshold_is_set_and_undone(desk: Desk) -> None:
    page = seen(desk, Role.admin)
    page.slider[0].set_value(70)
    button(page, "Set").click().run()
    assert not page.exception
    assert switches.switch(desk, "fraud").confidence == 0.7
    page.button(key="reverse").click().run()
    assert switches.switch(desk, "fraud").confidence is None


def test_promotion_by_itself_is_a_toggle(desk: Desk) -> None:
    page = seen(desk, Role.admin)
    page.toggle[0].set_value(True).run()
    assert switches.switch(desk, "fraud").promotes
    assert page.toggle[0].value


def test_a_challenger_begins_in_shadow_and_is_dropped(desk: Desk) -> None:
    page = seen(desk, Role.admin)
    page.button(key="trial_begin").click().run()
    assert not page.exception
    now = experiments.running(desk, "fraud")
    assert now is not None
    assert (now.mode, now.challenger) == ("shadow", 3)
    assert "nothing has been decided since it began." in words_of(page)
    drawn(desk, Role.admin, END.format(number=1, how="drop")).button(key="end_sure").click().run()
    assert experiments.running(desk, "fraud") is None
    page = seen(desk, Role.admin)
    assert list(page.dataframe[1].value["ending"]) == ["Dropped"]


def test_a_challenger_that_splits_decisions_is_promoted(desk: Desk) -> None:
    start(desk, ADA, "fraud", 3, mode="split", share=0.2)
    page = seen(desk, Role.admin)
    assert "Version 3 decides for 20 % of the customers, version 2 for the others." in words_of(
        page
    )
    end = END.format(number=1, how="promote")
    drawn(desk, Role.admin, end).button(key="end_sure").click().run()
    assert champion(desk, "fraud").version == 3
    page = seen(desk, Role.admin)
    assert page.dataframe[0].value["why"][0] == "Experiment 1: It was surely better"


def test_while_the_models_numbers_are_still_shown_the_note_says_so(desk: Desk) -> None:
    with desk.state.write() as session:
        add_publication(
            session, capability="fraud", model_version=2, snapshot=1, as_of=date(2026, 2, 28),
            folder="f", summary={}, now=utc_now(), job_id="p",
        )  # fmt: skip
    switches.deactivate(desk, ADA, "fraud", "We look into a complaint")
    told = words_of(seen(desk, Role.manager))
    assert "until then what you see is still from version 2" in told


def test_before_anybody_decided_the_view_says_so(desk: Desk) -> None:
    page = seen(desk, Role.admin, "forecasting")
    told = words_of(page)
    assert "**The rule of thumb**, from the start." in told
    assert "Nobody has decided yet" in told


def test_settings_show_a_switch_a_capability(desk: Desk, open_page: Open) -> None:
    page = open_page("settings", Role.admin, part="models")
    assert not page.exception
    assert {"switch_off_forecasting", "switch_off_fraud"} <= {one.key for one in page.button}
    page = open_page("settings", Role.manager, part="models")
    assert not [one for one in page.button if (one.key or "").startswith("switch_")]
