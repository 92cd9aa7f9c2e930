"""With a damaged snapshot or without a shop, every page says so and what to do."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.access import Role
from app.context import Desk, get_desk
from tests.pages.conftest import ROOT, enter, forget, words_of

VIEWS: dict[str, tuple[str, tuple[str, ...]]] = {
    "home": ("span", ("day",)),
    "forecasting": ("view", ("decide", "explore", "plan", "train", "explain")),
    "fraud": ("view", ("queue", "case", "threshold", "statistics", "train", "explain")),
    "models": (
        "view",
        ("overview", "versions", "deciding", "training", "schedules", "watch", "retention"),
    ),
    "data": ("show", ("snapshot", "jobs", "imports", "reconcile")),
    "settings": ("part", ("targets", "settings", "models", "schedules")),
    "users": ("who", ("people", "keys")),
    "audit": ("view", ("",)),
}
EVERY = [(page, key, view) for page, (key, views) in VIEWS.items() for view in views]


def damaged_pointer(home: Path) -> None:
    (home / "artifacts/snapshots/current").write_bytes(b"\xff\x00")


def damaged_manifest(home: Path) -> None:
    (home / "artifacts/snapshots/manifests/000001.json").write_text('{"number": 1, "tab')


def damaged_newest_of_two(home: Path) -> None:
    snapshots = home / "artifacts/snapshots"
    (snapshots / "manifests/000002.json").write_text("")
    (snapshots / "current").write_text("2\n")


def no_shop(home: Path) -> None:
    (home / "shop.db").unlink()


def torn_shop(home: Path) -> None:
    (home / "shop.db").write_bytes(b"no database " * 1000)


DAMAGES: dict[Callable[[Path], None], str] = {
    damaged_pointer: "which snapshot is the newest is damaged; snapshot 1 is shown",
    damaged_manifest: "number 1, is damaged; none can be read",
    damaged_newest_of_two: "number 2, is damaged; snapshot 1 is shown",
    no_shop: "There is no shop database at",
    torn_shop: "does not answer",
}


@pytest.fixture
def damaged(
    request: pytest.FixtureRequest,
    snapshot_made: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    home = tmp_path / "home"
    shutil.copytree(snapshot_made, home)
    request.param(home)
    monkeypatch.setenv("SHOPSIGHT_HOME", str(home))
    forget()
    yield get_desk()
    forget()


@pytest.mark.parametrize("damaged", DAMAGES, indirect=True, ids=lambda one: one.__name__)
def test_every_view_says_what_is_gone_and_what_to_do(
    damaged: Desk, request: pytest.FixtureRequest
) -> None:
    words = DAMAGES[request.node.callspec.params["damaged"]]
    sessions = {role: enter(damaged, role) for role in (Role.admin, Role.fraud_analyst)}
    for page, key, view in EVERY:
        app = AppTest.from_string(SCRIPT.format(path=ROOT / "pages" / page / "page.py"))
        app.default_timeout = 60
        app.user = {"session": sessions[Role.fraud_analyst if page == "fraud" else Role.admin]}
        app.query_params[key] = view
        app.run()
        text = words_of(app)
        assert not app.exception, (page, view, app.exception)
        assert words in text, (page, view, text[:2000])
        assert "could not be made" not in text, (page, view, text)
        assert all(str(box.value).strip().endswith(".") for box in app.warning), (page, view)


SCRIPT = """
import runpy
from app.ui import ground
ground.run(lambda: runpy.run_path("{path!s}", run_name="__main__"))
"""
