"""kill -9 of retention at every named point: records and files agree, and the next run ends it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.context import open_desk
from app.services import retention
from app.settings import Settings
from data_access.shop.engines import make_engine
from data_access.state.publications import list_publications
from data_access.state.tables import AuditEntry, Prediction
from tests.factories.app_database import lay_app_database
from tests.factories.old_things import NOW, clutter, said, strict
from tests.factories.shop import ShopFactory
from tests.factories.small_shop import close
from tests.kills.conftest import Scene, played

REMOVE = """
from datetime import datetime
from app.context import open_desk
from app.services import retention
from app.settings import Settings
desk = open_desk(Settings())
retention.remove(desk, asked_by="root", progress=lambda *_: None, now=datetime(2026, 3, 20, 12))
"""

DELETED = "version.deleted"
POINTS = (
    "retention-rows",
    "retention-publication-row",
    "models-set-aside",
    "version-delete-decided",
    "models-unregistered",
    "retention-version",
    "snapshot-prune-between",
)


@pytest.fixture
def cluttered(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    lay_app_database(home)
    settings = Settings(_env_file=None, home=home)
    ShopFactory(make_engine(settings.shop_url)).engine.dispose()
    desk = open_desk(settings)
    clutter(desk)
    said(desk, 1, NOW.date().replace(year=2020), rows=3)
    strict(desk, keep_versions=1)
    close(desk)
    yield from played(settings)


def test_retention_killed_at_every_point_leaves_whole_things_and_is_ended_by_the_next_run(
    cluttered: Scene,
) -> None:
    scene = cluttered
    for point in POINTS:
        scene.dies(scene.start("-c", REMOVE, kill_at=point))
        whole(scene, point)
    desk = open_desk(scene.settings)
    retention.remove(desk, asked_by="root", progress=_quiet, now=NOW)
    again = retention.remove(desk, asked_by="root", progress=_quiet, now=NOW)
    assert set(again.counts.values()) == {0}
    whole(scene, "the end")
    assert [one.number for one in desk.models.versions("forecasting")] == [5, 4, 3, 2]
    assert len(desk.store.list()) == 11  # ten, and what the champion learned from
    with desk.state.read() as session:
        assert session.scalar(select(func.count()).select_from(Prediction)) == 3
        deleted = list(session.scalars(select(AuditEntry).where(AuditEntry.act == DELETED)))
    objects = [one.object for one in deleted]
    assert len(objects) == len(set(objects)) == 5
    close(desk)


def whole(scene: Scene, point: str) -> None:
    """Every record has its files, and every version that is listed can be read."""
    desk = open_desk(scene.settings)
    with desk.state.read() as session:
        for row in list_publications(session, limit=1_000):
            assert (scene.settings.artifacts / row.folder / "weeks.parquet").exists(), point
    for capability in ("forecasting", "fraud"):
        for version in desk.models.versions(capability):
            assert desk.models.files(capability, version.number).exists(), point
    assert {2, 3} <= {one.number for one in desk.models.versions("forecasting")}, point
    for manifest in desk.store.list():
        assert all(path.exists() for path in desk.store.paths(manifest, "orders")), point
    close(desk)


def _quiet(step: str, share: float) -> None:
    """Nobody watches."""
