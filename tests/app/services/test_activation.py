"""One activation flow for all capabilities: preview, check, activate, undo; told and traceable."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.access import AccessDenied, Identity, Role
from app.context import open_desk
from app.services import activation
from app.services.activation import ActivationRefused, activate, champion, preview, undo
from app.services.activation.previewing import warnings
from app.services.previews import work_out
from app.services.training import train
from data_access.models import NewVersion
from data_access.state.pins import list_pins
from data_access.state.tables import AuditEntry, Prediction
from tests.factories.app_database import lay_app_database
from tests.factories.postgres import migrated_database
from tests.factories.small_shop import close, lay_home, utc_now

pytestmark = pytest.mark.usefixtures("wednesday_morning")

ADA = Identity(name="ada", role=Role.merchandiser)
BOB = Identity(name="bob", role=Role.admin)
MIA = Identity(name="mia", role=Role.manager)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A desk on a real small shop with one version of a real training, shared by the module."""
    settings = lay_home(tmp_path_factory.mktemp("activation") / "home")
    made = open_desk(settings)
    train(
        made,
        capability="forecasting",
        candidate="rule_of_thumb",
        parameters={},
        asked_by="ada",
        job_id="first",
        progress=lambda step, share, message=None: None,
    )
    yield made
    close(made)


@pytest.fixture
def desk(shop, tmp_path):
    """The same shop and model store, in whose app database nobody has decided anything yet."""
    yield from _opened(shop, tmp_path / "home", None)


@pytest.fixture
def on_postgres(shop, tmp_path):
    with migrated_database("jobs_activation") as url:
        yield from _opened(shop, tmp_path / "home", url)


def _opened(shop, home, app_url):
    home.mkdir()
    if app_url is None:
        lay_app_database(home)
    settings = shop.settings.model_copy(
        update={
            "home": home,
            "app_database_url": app_url,
            "shop_database_url": shop.settings.shop_url,
            "artifact_url": str(shop.settings.artifacts),
        }
    )
    made = open_desk(settings)
    made.__dict__["models"] = shop.models  # where a Desk keeps a handle once it is open
    yield made
    close(made)


def store(desk, job_id, *, beats):
    """A version whose evaluation says that it beats the rule of thumb, or that it does not."""
    kept = desk.models.version("forecasting", 1)
    new = NewVersion(**{name: getattr(kept, name) for name in NewVersion.__dataclass_fields__})
    ours = 0.14 if beats else 0.30
    return desk.models.create_version(
        replace(
            new,
            job_id=job_id,
            metrics={**kept.metrics, "wape": ours},
            baseline={**kept.baseline, "wape": 0.22},
            beats_baseline=beats,
            verdict=f"Off by {ours:.0%}; the rule of thumb was off by 22%.",
        ),
        desk.models.files("forecasting", 1),
    )


@pytest.fixture
def good(shop):
    return store(shop, "good", beats=True)


@pytest.fixture
def bad(shop):
    return store(shop, "bad", beats=False)


def test_the_preview_says_what_changes_for_whom_and_how_good_it_is(desk, good):
    assert preview(desk, "forecasting", good.number).changes is None  # nobody has asked yet
    work_out(desk, good)
    found = preview(desk, "forecasting", good.number)

    assert found.champion.version is None
    assert found.changes.total == 4
    assert set(found.changes.columns) <= set(found.changes.rows.columns)
    assert found.check.passed
    assert found.check.sentence == "Off by 14%; the rule of thumb was off by 22%."
    assert not found.needs_reason
    assert champion(desk, "forecasting").version is None


def test_activating_writes_champion_time_line_audit_pin_and_revision_together(desk, good):
    before = desk.state.revision()
    done = activate(desk, ADA, "forecasting", good.number, 0)

    now = champion(desk, "forecasting")
    assert (now.version, now.by) == (good.number, "ada")
    assert desk.state.revision() == before + 1
    line = activation.time_line(desk, "forecasting")
    assert [(e.change_id, e.to_version, e.by, e.passed_check) for e in line] == [
        (done.change_id, good.number, "ada", True)
    ]
    with desk.state.read() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.entry_id.desc())).first()
        pins = {(pin.snapshot, pin.holder) for pin in list_pins(session)}
    assert (entry.actor, entry.act, entry.object) == (
        "ada",
        "champion.activated",
        "champion:forecasting",
    )
    assert entry.after["version"] == good.number
    assert (good.snapshot, "model:forecasting") in pins


def test_what_follows_is_asked_for_once(desk, good):
    done = activate(desk, ADA, "forecasting", good.number, 0)
    change = champion(desk, "forecasting").row_version

    job = desk.jobs.get(f"publish-forecasting-{change}-1")
    assert (job.kind, job.asked_by) == ("publish", "worker")
    assert desk.jobs.get(f"mend-{done.change_id}").kind == "mend"


def test_a_version_that_lost_to_the_rule_of_thumb_needs_a_reason(desk, bad):
    assert preview(desk, "forecasting", bad.number).needs_reason
    with pytest.raises(ActivationRefused, match="no reason was given"):
        activate(desk, ADA, "forecasting", bad.number, 0, reason="  ")
    assert champion(desk, "forecasting").version is None

    done = activate(desk, ADA, "forecasting", bad.number, 0, reason=activation.REASONS[0])
    assert (done.passed_check, done.reason) == (False, activation.REASONS[0])


@pytest.mark.parametrize("kept_in", ["desk", "on_postgres"])
def test_who_was_overtaken_is_told_by_whom_and_nothing_changes(request, kept_in, good, bad):
    desk = request.getfixturevalue(kept_in)
    seen = champion(desk, "forecasting").row_version
    activate(desk, BOB, "forecasting", good.number, seen)
    revision = desk.state.revision()

    with pytest.raises(
        ActivationRefused, match=rf"bob let version {good.number} decide on "
    ) as told:
        activate(desk, ADA, "forecasting", bad.number, seen, reason="Try it")
    assert "preview" in told.value.remedy
    assert champion(desk, "forecasting").version == good.number
    assert desk.state.revision() == revision


@pytest.mark.parametrize("kept_in", ["desk", "on_postgres"])
def test_undo_brings_back_what_decided_before_and_can_be_undone(request, kept_in, good, bad):
    desk = request.getfixturevalue(kept_in)
    first = activate(desk, ADA, "forecasting", good.number, 0)
    second = activate(
        desk, ADA, "forecasting", bad.number, champion(desk, "forecasting").row_version, "Try it"
    )
    with pytest.raises(ActivationRefused, match="changed it again since"):
        undo(desk, ADA, first.change_id)

    back = undo(desk, BOB, second.change_id)
    assert champion(desk, "forecasting").version == good.number
    assert (back.undoes, back.by) == (second.change_id, "bob")
    undo(desk, BOB, back.change_id)
    assert champion(desk, "forecasting").version == bad.number


def test_the_first_activation_is_undone_to_the_rule_of_thumb(desk, good):
    done = activate(desk, ADA, "forecasting", good.number, 0)
    undo(desk, ADA, done.change_id)

    assert champion(desk, "forecasting").version is None
    assert "went back to the rule of thumb" in activation.time_line(desk, "forecasting")[0].sentence


@pytest.mark.parametrize("person", [MIA, Identity(name="finn", role=Role.fraud_analyst)])
def test_only_those_who_may_promote_can_activate_or_undo(desk, good, person):
    with pytest.raises(AccessDenied):
        activate(desk, person, "forecasting", good.number, 0)
    done = activate(desk, ADA, "forecasting", good.number, 0)
    with pytest.raises(AccessDenied):
        undo(desk, person, done.change_id)
    assert champion(desk, "forecasting").version == good.number


def test_what_decides_already_is_not_activated_again(desk, good):
    activate(desk, ADA, "forecasting", good.number, 0)
    with pytest.raises(ActivationRefused, match="decides already"):
        activate(desk, ADA, "forecasting", good.number, 1)


def test_the_first_training_promotes_only_what_beats_the_rule_of_thumb(desk, good, bad):
    assert "did not beat the rule of thumb" in activation.activate_first(desk, bad)
    assert champion(desk, "forecasting").row_version == 0

    activation.activate_first(desk, good)
    assert champion(desk, "forecasting").by == "first start"
    assert champion(desk, "forecasting").version == good.number


def test_the_first_training_never_replaces_what_somebody_chose(desk, good, bad):
    activate(desk, ADA, "forecasting", bad.number, 0, "Try it")
    assert "is stored" in activation.activate_first(desk, good)
    assert champion(desk, "forecasting").version == bad.number


def test_a_worse_or_old_version_comes_with_a_warning(desk, good, bad):
    activate(desk, ADA, "forecasting", good.number, 0)
    old = store(desk, "old", beats=True)
    old = replace(old, as_of=old.as_of - timedelta(days=60))
    worse = preview(desk, "forecasting", bad.number)

    assert any("which decides" in warning for warning in worse.warnings)
    told = warnings(desk, old, champion(desk, "forecasting"))
    assert any("learned" in warning and "days ago" in warning for warning in told)


def test_what_came_is_written_beside_what_was_believed_once_the_week_is_over(desk):
    from app.services.forecasting import grade
    from data_access.state.predictions import Believed, log_predictions, open_predictions

    last = desk.store.newest().as_of_day
    over = last - timedelta(days=last.weekday() + 14)
    ahead = over + timedelta(weeks=8)
    with desk.state.write() as session:
        log_predictions(
            session,
            capability="forecasting",
            model_version=None,
            arm="baseline",
            as_of=over - timedelta(days=1),
            made_at=utc_now(),
            rows=[
                Believed(entity=f"{series}/{week}", prediction=12.0)
                for series in ("shop:shop", "category:kitchen")
                for week in (over, ahead)
            ],
        )
    assert grade(desk) == 2
    assert grade(desk) == 0
    with desk.state.read() as session:
        assert {row.entity.split("/")[1] for row in open_predictions(session, "forecasting")} == {
            str(ahead)
        }
        graded = session.scalars(select(Prediction).where(Prediction.outcome.is_not(None))).all()
    week = (last - timedelta(days=last.weekday()) - over).days // 7
    sold = sum(3 + number + (week - 1) % 4 for number in range(4))
    assert [row.outcome for row in graded] == [sold, sold]
