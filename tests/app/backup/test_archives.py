"""An archive is whole and as it was written, or it is refused."""

from __future__ import annotations

import io
import stat
import tarfile
from pathlib import Path

import pytest

from app.backup import BackupError, backup, restore
from app.settings import Settings
from tests.app.backup.conftest import contents


def rewritten(source: Path, target: Path, **changes: object) -> Path:
    """The archive with members added, changed, or left out; the manifest as it was."""
    with tarfile.open(source) as tar, tarfile.open(target, "w:gz") as out:
        for member in tar:
            file = tar.extractfile(member)
            assert file is not None
            content = file.read()
            if member.name == "manifest.json":
                for extra in changes.get("add", []):  # type: ignore[attr-defined]
                    out.addfile(extra, io.BytesIO(b"x" * extra.size))
                content = changes.get("manifest", lambda c: c)(content)  # type: ignore[operator]
            if member.name == changes.get("drop"):
                continue
            if member.name == changes.get("change"):
                content = bytes(len(content))
            member.size = len(content)
            out.addfile(member, io.BytesIO(content))
    return target


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname, found.size = kind, link, 1 if kind == tarfile.REGTYPE else 0
    return found


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"change": "home/hash.key"}, "home/hash.key is not what was written"),
        ({"drop": "home/jobs.db"}, "home/jobs.db is not what was written"),
        ({"drop": "manifest.json"}, "is missing"),
        ({"add": [member("home/extra")]}, "home/extra is not what was written"),
        ({"add": [member("../outside")]}, "does not belong"),
        ({"add": [member("home/../../outside")]}, "does not belong"),
        ({"add": [member("/etc/outside")]}, "does not belong"),
        ({"add": [member("home/link", tarfile.SYMTYPE, "/etc")]}, "does not belong"),
        ({"add": [member("home/link", tarfile.LNKTYPE, "home/hash.key")]}, "does not belong"),
        ({"add": [member("home/pipe", tarfile.FIFOTYPE)]}, "does not belong"),
        ({"add": [member("home/hash.key")]}, "does not belong"),
        ({"manifest": lambda c: c.replace(b'"format": 1', b'"format": 2')}, "format 2"),
        ({"manifest": lambda c: b"[]"}, "manifest cannot be read"),
    ],
)
def test_an_archive_that_is_not_as_it_was_written_changes_nothing(
    settings: Settings, tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    before = contents(settings)
    archive = rewritten(backup(settings, tmp_path / "a.tar.gz"), tmp_path / "b.tar.gz", **changes)

    with pytest.raises(BackupError, match=said) as refused:
        restore(settings, archive, force=True)

    assert refused.value.remedy
    assert contents(settings) == before
    assert not (tmp_path / "outside").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tar.gz", "b.tar.gz", "home"]


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8b\x08\x00rubbish"])
def test_what_is_no_archive_is_refused(settings: Settings, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(content)

    with pytest.raises(BackupError, match="cannot be used"):
        restore(settings, path, force=True)


def test_a_cut_off_archive_is_refused(settings: Settings, tmp_path: Path) -> None:
    archive = backup(settings, tmp_path / "a.tar.gz")
    archive.write_bytes(archive.read_bytes()[:-200])

    with pytest.raises(BackupError, match="cannot be used"):
        restore(settings, archive, force=True)


def test_an_archive_that_exists_is_never_overwritten(settings: Settings, tmp_path: Path) -> None:
    target = tmp_path / "kept.tar.gz"
    target.write_text("precious")

    with pytest.raises(BackupError, match="exists already"):
        backup(settings, target)

    assert target.read_text() == "precious"


def test_the_archive_is_for_its_owner_only_and_leaves_out_what_is_no_state(
    settings: Settings, tmp_path: Path
) -> None:
    archive = backup(settings, tmp_path)

    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    with tarfile.open(archive) as tar:
        names = tar.getnames()
    assert names[-1] == "manifest.json"
    assert "home/hash.key" in names
    assert "artifacts/snapshots/parts/orders/2026-03-aa.parquet" in names
    assert not [n for n in names if "leftover" in n or "logs" in n or n.endswith("-wal")]
