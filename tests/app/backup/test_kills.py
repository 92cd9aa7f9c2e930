"""A backup or a restore that is killed leaves what was before, or what comes after."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.backup import backup, restore
from app.settings import Settings
from tests.app.backup.conftest import contents
from tests.factories import warm

ROOT = Path(__file__).parents[3]


KILLED = """
import sys
from pathlib import Path
from app import backup
from app.settings import Settings
act, path = sys.argv[1:]
if act == "backup":
    backup.backup(Settings(_env_file=None), Path(path))
else:
    backup.restore(Settings(_env_file=None), Path(path), force=True)
"""


def die(act: str, path: Path, place: str) -> None:
    warm.dies_at(place, "-c", KILLED, act, str(path))


def test_a_backup_that_was_killed_leaves_no_archive_and_the_next_one_cleans_up(
    settings: Settings, tmp_path: Path
) -> None:
    target = tmp_path / "kept.tar.gz"
    die("backup", target, "backup-collected")
    assert not target.exists()

    backup(settings, target)

    assert not list(settings.home.glob(".backup-*"))


@pytest.mark.parametrize("place", ["restore-loaded", "restore-swapped"])
def test_a_restore_that_was_killed_is_before_or_after_and_can_be_repeated(
    settings: Settings, tmp_path: Path, place: str
) -> None:
    before = contents(settings)
    archive = backup(settings, tmp_path / "kept.tar.gz")
    (settings.home / "hash.key").write_text("another")
    changed = contents(settings)

    die("restore", archive, place)

    assert contents(settings) == (changed if place == "restore-loaded" else before)
    restore(settings, archive, force=True)
    assert contents(settings) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["home", "kept.tar.gz"]
