"""Several candidates in one job, scopes, the champion's rule, and what follows from them."""

from __future__ import annotations

import json

import pytest

from app.access import AccessDenied, Identity, Role
from app.context import open_desk
from app.jobs.following import ask_for_publications
from app.jobs.kinds import JobError
from app.services import activation, errors, forecasting, jobs, models, training
from app.services.activation import ActivationRefused, activate, champion, undo
from app.services.forecasting import stored
from app.services.previews import known, work_out
from app.services.training import several
from data_access.models.registry import alias_of
from data_access.scope import WHOLE, Scope, split
from ml.contract import NotEnoughData, WrongParameter
from ml.forecasting import FORECASTING
from tests.factories.small_shop import close, copy_home, lay_home

pytestmark = pytest.mark.usefixtures("wednesday_morning")

ADA = Identity(name="ada", role=Role.merchandiser)
MIA = Identity(name="mia", role=Role.manager)
MUG = Scope("product", "mug")
SHORT = {"horizon_weeks": 8}
QUICK = ("recent_mean", "seasonal_naive")


def silent(step: str, share: float, message: str | None = None) -> None:
    """A job's progress that nobody watches."""


def wanted(*keys: str, scope: Scope = WHOLE, parameters=SHORT):
    rows = [{"candidate": key, "parameters": parameters} for key in keys]
    return {"capability": "forecasting", "candidates": rows, "scope": scope.to_json()}


def train(desk, job_id, *keys, scope=WHOLE, progress=silent, parameters=SHORT):
    return training.train_several(
        desk,
        wanted(*keys, scope=scope, parameters=parameters),
        asked_by="ada",
        job_id=job_id,
        progress=progress,
    )


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    return lay_home(tmp_path_factory.mktemp("training") / "home")


@pytest.fixture(scope="module")
def trained(template, tmp_path_factory):
    """The shop with two versions for all products and one for the mug."""
    settings = copy_home(template, tmp_path_factory.mktemp("trained") / "home")
    desk = open_desk(settings)
    train(desk, "all", *QUICK)
    train(desk, "mug", "recent_mean", scope=MUG)
    close(desk)
    return settings


@pytest.fixture
def desk(template, tmp_path):
    made = open_desk(copy_home(template, tmp_path / "home"))
    yield made
    close(made)


@pytest.fixture
def with_versions(trained, tmp_path):
    made = open_desk(copy_home(trained, tmp_path / "home"))
    yield made
    close(made)


def test_a_key_names_capability_and_scope_and_is_read_back():
    for scope in (WHOLE, MUG, Scope("category", "a/b:c")):
        assert split(scope.key("forecasting")) == ("forecasting", scope)
        assert Scope.of(scope.to_json()) == scope
    assert Scope.of(None) == WHOLE
    with pytest.raises(ValueError, match="no such scope"):
        Scope("product", None)


def test_aliases_of_scopes_differ_even_where_they_read_alike():
    first, second = (alias_of(f"forecasting/product:{name}")[1] for name in ("a/1", "a-1"))
    assert first != second
    assert first.startswith("champion-product-a-1-")
    assert alias_of("forecasting") == ("forecasting", "champion")


def test_each_candidate_is_stored_as_soon_as_it_is_done_and_progress_says_which(desk):
    seen: list[tuple[str, int]] = []

    def watch(step, share, message=None):
        seen.append((step, len(desk.models.versions("forecasting"))))

    found = train(desk, "job", *QUICK, progress=watch)

    first = [count for step, count in seen if step.startswith("Mean of 8 weeks, 1 of 2")]
    second = [count for step, count in seen if ", 2 of 2" in step]
    assert set(first[:-1]) == {0}
    assert second[0] == 1
    assert [version.number for version in found.versions] == [1, 2]
    assert found.to_json()["versions"] == [1, 2]


def test_a_version_keeps_why_it_was_trained(desk):
    request = training.request(
        desk, "forecasting", [("recent_mean", SHORT)], why="  Easter comes early this year. "
    )
    trained = training.train_several(desk, request, asked_by="ada", job_id="why", progress=silent)
    version = desk.models.version("forecasting", trained.versions[0].number)
    assert version.why == "Easter comes early this year."
    train(desk, "no-why", "seasonal_naive")
    assert desk.models.versions("forecasting")[0].why == ""


def test_a_candidate_that_fails_does_not_take_the_others_along(desk, monkeypatch):
    evaluate = type(FORECASTING).evaluate

    def fails(self, candidate, *given, **named):
        if candidate == "seasonal_naive":
            raise NotEnoughData("Weeks of history", found=10, needed=60, remedy="Wait.")
        if candidate == "croston":
            raise ZeroDivisionError("division by zero")
        return evaluate(self, candidate, *given, **named)

    monkeypatch.setattr(type(FORECASTING), "evaluate", fails)
    found = train(desk, "job", "seasonal_naive", "croston", "recent_mean")

    assert [version.candidate for version in found.versions] == ["recent_mean"]
    assert [one.candidate for one in found.failures] == ["seasonal_naive", "croston"]
    assert "Same week last year could not be trained" in found.sentence
    assert "ZeroDivisionError: division by zero." in found.sentence
    with pytest.raises(JobError, match="could not be trained"):
        train(desk, "other", "seasonal_naive")


def test_a_candidate_that_takes_too_long_is_given_up_for_the_others(desk, monkeypatch):
    monkeypatch.setattr(several, "SLOWEST_S", -1.0)
    with pytest.raises(JobError, match="given up"):
        train(desk, "job", "recent_mean")


def test_taken_up_again_it_goes_on_where_it_stopped(desk, monkeypatch):
    learn = several.learn
    asked: list[str] = []

    def dies(desk, material, one, **named):
        asked.append(one.candidate.key)
        if len(asked) == 2:
            raise KeyboardInterrupt  # as a kill would: nothing catches it
        return learn(desk, material, one, **named)

    monkeypatch.setattr(several, "learn", dies)
    with pytest.raises(KeyboardInterrupt):
        train(desk, "job", *QUICK)
    assert [v.candidate for v in desk.models.versions("forecasting")] == ["recent_mean"]

    found = train(desk, "job", *QUICK)
    assert [version.number for version in found.versions] == [1, 2]
    assert len(desk.models.versions("forecasting")) == 2


def test_a_version_remembers_its_scope_and_learns_from_it_alone(with_versions):
    desk = with_versions
    version = desk.models.version("forecasting", 3)
    assert (version.scope, version.key) == (MUG, "forecasting/product:mug")
    assert version.summary["scope_label"] == "Mug"
    model = FORECASTING.load(desk.models.files("forecasting", 3))
    assert model.story["products"] == 1
    assert [one.label for one in models.scopes(desk, "forecasting")] == ["Whole shop", "Mug"]
    assert [one.number for one in models.compare(desk, "forecasting", MUG).standings] == [3]
    assert 3 not in [one.number for one in models.compare(desk, "forecasting").standings]


def test_a_category_is_trained_with_what_lies_below_it(desk):
    found = train(desk, "job", "recent_mean", scope=Scope("category", "kitchen"))
    model = FORECASTING.load(desk.models.files("forecasting", found.versions[0].number))
    assert model.story["products"] == 4


@pytest.mark.parametrize("scope", [Scope("product", "nonsense"), Scope("category", "nonsense")])
def test_an_unknown_product_or_category_is_said_with_what_to_do(desk, scope):
    with pytest.raises(JobError, match=r"There is no .* nonsense") as told:
        models.train(desk, ADA, "forecasting", [("recent_mean", {})], scope)
    assert "search" in told.value.remedy
    with pytest.raises(JobError, match=r"There is no .* nonsense"):
        train(desk, "job", "recent_mean", scope=scope)


def test_what_is_asked_for_is_checked_whatever_the_browser_let_through(desk):
    with pytest.raises(JobError, match="No candidate was chosen"):
        models.train(desk, ADA, "forecasting", [])
    with pytest.raises(WrongParameter):
        models.train(desk, ADA, "forecasting", [("lightgbm", {"rounds": 10**9})])
    with pytest.raises(WrongParameter, match="no candidate 'crystal_ball'"):
        models.train(desk, ADA, "forecasting", [("crystal_ball", {})])
    with pytest.raises(AccessDenied):
        models.train(desk, MIA, "forecasting", [("recent_mean", {})])


def test_the_same_training_asked_for_twice_is_one_job(desk):
    first = models.train(desk, ADA, "forecasting", [("recent_mean", {})])
    assert models.train(desk, ADA, "forecasting", [("recent_mean", {})]) == first
    other = models.train(desk, ADA, "forecasting", [("recent_mean", {})], MUG)
    assert other != first
    titles = {job.title for job in jobs.recent(desk, kinds=["train"])}
    assert titles == {
        "Train forecasting: recent mean",
        "Train forecasting, product mug: recent mean",
    }


def test_other_horizons_are_not_ranked_as_equals_and_that_is_said(desk):
    train(desk, "far", "recent_mean", parameters={"horizon_weeks": 13})
    train(desk, "near", *QUICK)
    found = models.compare(desk, "forecasting")

    assert {one.horizon for one in found.ranked} == {8}
    assert [one.horizon for one in found.apart] == [13]
    assert [one.place for one in found.standings] == [1, 2, None]


def test_what_is_offered_says_what_is_usual_and_how_long_it_takes(desk):
    offers = models.offers(desk, "forecasting")
    by_key = {one.candidate.key: one for one in offers}
    assert "rule_of_thumb" not in by_key
    assert by_key["lightgbm"].usual
    assert not by_key["tft"].usual
    assert 0 < by_key["recent_mean"].seconds < by_key["tft"].seconds
    assert [one.usual for one in offers] == sorted((one.usual for one in offers), reverse=True)


def test_errors_side_by_side_have_both_versions_and_the_rule(with_versions):
    found = errors.side_by_side(with_versions, "forecasting", 1, 2)
    for frame in (found.by_level, found.by_horizon, found.by_class):
        assert {"group", "cases", "first", "second", "rule"} <= set(frame.columns)
        assert len(frame)
    assert found.alike
    assert list(found.by_level["group"]) == ["Whole shop", "Categories", "Products"]
    products = found.products
    assert set(products["product_id"]) == {"mug", "bowl", "plate", "spoon"}
    assert products["difference"].abs().is_monotonic_decreasing
    mug = products.set_index("product_id").loc["mug"]
    assert mug["difference"] == pytest.approx(mug["second"] - mug["first"])
    assert len(errors.of_one(with_versions, "forecasting", 1).products) == 4


def test_a_scoped_version_decides_for_its_product_and_nothing_else(with_versions):
    desk = with_versions
    with pytest.raises(ActivationRefused, match="trained for something else"):
        activate(desk, ADA, "forecasting", 3, 0, "Try it")
    with pytest.raises(AccessDenied):
        activate(desk, MIA, MUG.key("forecasting"), 3, 0, "Try it")

    before = forecasting.publish(desk, job_id="before", progress=silent)
    done = activate(desk, ADA, MUG.key("forecasting"), 3, 0, "Try it")
    assert champion(desk, "forecasting").version is None
    assert champion(desk, MUG.key("forecasting")).version == 3
    assert (
        done.told("Mug") == "ada chose version 3 in place of the model of the whole shop for Mug."
    )

    # The publication is out of date now, and the next one is by both.
    assert ask_for_publications(desk.jobs, desk.state, desk.settings) == []  # asked by activate
    assert desk.jobs.get(f"publish-forecasting-{done.change_id}-1") is not None
    after = forecasting.publish(desk, job_id="after", progress=silent)
    first, second = (_means(desk, one["publication"]) for one in (before, after))
    moved = (first - second).abs().groupby("series_id").sum()
    assert moved["bowl"] == pytest.approx(0, abs=1e-4)
    own = FORECASTING.predict(
        FORECASTING.load(desk.models.files("forecasting", 3)),
        FORECASTING.scoped(forecasting.frames(desk, desk.store.newest()), "product", "mug"),
        as_of=forecasting.as_of(desk, desk.store.newest()),
    )
    wanted = own[own["level"] == "product"].set_index("ahead")["mean"]
    told = second["mug"]
    assert told.loc[wanted.index].to_numpy() == pytest.approx(wanted.to_numpy(), rel=1e-4)
    assert ask_for_publications(desk.jobs, desk.state, desk.settings) == []

    line = activation.time_line(desk, "forecasting", with_scopes=True)
    assert [one.capability for one in line] == ["forecasting/product:mug"]
    undo(desk, ADA, done.change_id)
    assert champion(desk, MUG.key("forecasting")).version is None


def _means(desk, publication_id):
    found = forecasting.publication(desk, publication_id)
    rows = stored.read(
        desk, found, ("series_id", "ahead", "mean"), lambda t: t.c.level == "product"
    )
    return rows.set_index(["series_id", "ahead"])["mean"]


def test_mlflows_aliases_follow_the_champions_of_scopes(with_versions):
    desk = with_versions
    desk.models.repair_aliases({"forecasting": 1, MUG.key("forecasting"): 3})
    registry = desk.models._registry
    assert registry.aliased("forecasting") == 1
    assert registry.aliased(MUG.key("forecasting")) == 3
    assert desk.models.repair_aliases({"forecasting": 1, MUG.key("forecasting"): None}) == [
        "forecasting/product:mug"
    ]
    assert registry.aliased(MUG.key("forecasting")) is None


def test_the_preview_of_a_training_tells_of_the_order_list_too(with_versions):
    desk = with_versions
    whole, mug = desk.models.version("forecasting", 2), desk.models.version("forecasting", 3)
    found = known(desk, mug)
    assert (found.preview.total, found.snapshot) == (1, 1)
    assert "1 products" in found.decisions.sentence or "1 product" in found.decisions.sentence
    found = work_out(desk, whole)
    assert found.preview.total == 4
    assert "level to order up to" in found.decisions.sentence  # no stock is known here


def test_the_best_is_by_the_champions_rule_or_the_rule_of_thumb_stays(with_versions):
    from dataclasses import replace

    one = with_versions.models.version("forecasting", 1)
    good = replace(one, number=7, metrics={**one.metrics, "wape": 0.2, "bias": 0.1})
    biased = replace(one, number=8, metrics={**one.metrics, "wape": 0.1, "bias": 0.2})
    given = {"baseline": {**one.baseline, "wape": 0.3}}
    found = training.best([replace(good, **given), replace(biased, **given)])
    assert found.version.number == 7
    found = training.best([replace(biased, **given)])
    assert found.version is None
    assert "more than the 15 %" in found.sentence


def test_a_job_says_in_json_what_came_of_it(with_versions):
    found = train(with_versions, "all", *QUICK).to_json()
    assert json.loads(json.dumps(found)) == found
    assert found["champion_key"] == "forecasting"
