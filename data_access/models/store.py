"""Store, list and read model versions.

    <folder>/<capability>/<job id>/files/…         the model, in plain formats
    <folder>/<capability>/<job id>/facts.json      what is known before it has a number
    <folder>/<capability>/<job id>/head.json       the same without the evaluation's tables
    <folder>/<capability>/<job id>/version.json    all of it with its number: it is stored
    <folder>/<capability>/.deleted-<job id>        a version that is being deleted

MLflow gives the number and keeps the figures; the folder mirrors them, so that pages list
versions without MLflow. A crash in between leaves a folder without ``version.json``: the same
job finishes it, or `clean` removes it.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from data_access.errors import DataError
from data_access.kill_points import kill_point
from data_access.models.registry import Registry
from data_access.models.safety import hashes, require_plain_files, sha256
from data_access.models.version import ModelVersion, NewVersion, light
from data_access.scope import split

log = logging.getLogger("shopsight.models")

FACTS = "facts.json"
HEAD = "head.json"
VERSION = "version.json"
DELETED = ".deleted-"
FILES = "files"


class ModelStore:
    """All versions of all capabilities; any number of processes may read while one writes.

    Parameters
    ----------
    url : of MLflow's tables: ``sqlite:///…``, or PostgreSQL, where it is the schema ``mlflow``.
    artifacts : folder of the model files, shared by all processes.
    """

    def __init__(self, url: str, artifacts: Path) -> None:
        self.folder = Path(artifacts)
        self._url = url
        self._heads: dict[Path, ModelVersion] = {}  # by folder of the version
        self._numbers: dict[tuple[str, int], Path] = {}

    @cached_property
    def _registry(self) -> Registry:
        return Registry(self._url, self.folder)

    # ── reading: without MLflow ──

    def versions(self, capability: str) -> list[ModelVersion]:
        """All stored versions, newest first, without the tables of their evaluations.

        What is read of a version is read once in a process: it never changes.
        """
        place = self.folder / _name(capability)
        try:
            names = {entry.name for entry in os.scandir(place) if not entry.name.startswith(".")}
        except FileNotFoundError:
            return []
        heads = [self._head(place / name) for name in names]
        found = [head for head in heads if head is not None]
        return sorted(found, key=lambda version: version.number, reverse=True)

    def head(self, capability: str, number: int) -> ModelVersion:
        """A version without the tables of its evaluation, found by its number.

        Raises
        ------
        DataError : there is no such version.
        """
        folder = self._numbers.get((capability, number))
        if folder is not None and (folder / VERSION).exists():
            return self._heads[folder]
        for version in self.versions(capability):
            if version.number == number:
                return version
        raise DataError(
            f"There is no version {number} of {capability}.",
            remedy="Reload the list of versions; it may have been removed.",
        )

    def version(self, capability: str, number: int) -> ModelVersion:
        """A version with all that is known of it.

        Raises
        ------
        DataError : there is no such version.
        """
        head = self.head(capability, number)
        return _whole(self._folder_of(capability, head.job_id) / VERSION)

    def stored_by(self, capability: str, job_id: str) -> ModelVersion | None:
        """The version that a job stored, if it has."""
        path = self._folder_of(capability, job_id) / VERSION
        return _whole(path) if path.exists() else None

    def place(self, capability: str, number: int) -> Path:
        """The folder of a version's files, unchecked: to see whether they have moved.

        Raises
        ------
        DataError : there is no such version.
        """
        return self._folder_of(capability, self.head(capability, number).job_id) / FILES

    def files(self, capability: str, number: int) -> Path:
        """The folder of a version's files, after checking that they are plain and unchanged.

        Raises
        ------
        UnsafeFile : a file could run code.
        DataError : a file is missing or is not what was stored.
        """
        version = self.head(capability, number)
        folder = self._folder_of(capability, version.job_id) / FILES
        require_plain_files(folder)
        if hashes(folder) != version.files:
            raise DataError(
                f"The files of {capability} version {number} are not what was stored.",
                remedy="Restore them from a backup, or train the model again.",
            )
        return folder

    def file(self, capability: str, number: int, name: str) -> Path | None:
        """One of a version's files, after checking that it is unchanged; None: it has none such.

        Raises
        ------
        DataError : it is missing or is not what was stored.
        """
        version = self.head(capability, number)
        if name not in version.files:
            return None
        path = self._folder_of(capability, version.job_id) / FILES / name
        if not path.is_file() or path.is_symlink() or sha256(path) != version.files[name]:
            raise DataError(
                f"The file {name} of {capability} version {number} is not what was stored.",
                remedy="Restore it from a backup, or train the model again.",
            )
        return path

    def beside(self, capability: str, number: int, name: str) -> dict[str, Any] | None:
        """What was found out about a version after it was stored; None: nothing by this name.

        Raises
        ------
        DataError : there is no such version.
        """
        path = self._folder_of(capability, self.head(capability, number).job_id) / _name(name)
        if not path.exists():
            return None
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def keep_beside(
        self, capability: str, number: int, name: str, content: Mapping[str, Any]
    ) -> None:
        """Keep what was found out about a version beside its files, which never change."""
        folder = self._folder_of(capability, self.head(capability, number).job_id)
        _write(folder / _name(name), dict(content))

    def bytes_of(self, capability: str, number: int) -> int:
        """Room that a version's folder takes on the disk."""
        folder = self._folder_of(capability, self.head(capability, number).job_id)
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

    # ── writing: through MLflow ──

    def create_version(self, new: NewVersion, files: Path) -> ModelVersion:
        """Store a model; the same job stores the same version however often it is asked.

        Parameters
        ----------
        files : folder with the model's files, which are copied.

        Raises
        ------
        UnsafeFile : a file could run code.
        """
        stored = self.stored_by(new.capability, new.job_id)
        if stored is not None:
            return stored
        require_plain_files(files)
        folder = self._folder_of(new.capability, new.job_id)
        number = self._registry.find(new.capability, new.job_id)
        if number is None:
            self._lay_down(new, files, folder)
            kill_point("models-copied")
            number = self._registry.add(new, folder / FILES)
            kill_point("models-registered")
        return self._finish(folder, number)

    def set_aside(self, capability: str, number: int) -> str:
        """First half of deleting a version: nobody finds it any more, and nothing is lost yet.

        Returns the name of what was set aside, for `destroy` or `bring_back`. Whoever is killed
        between the halves leaves it to `leftovers`.
        """
        job_id = self.head(capability, number).job_id
        folder = self._folder_of(capability, job_id)
        folder.rename(folder.with_name(f"{DELETED}{job_id}"))
        kill_point("models-set-aside")
        return f"{capability}/{job_id}"

    def destroy(self, capability: str, number: int) -> None:
        """Second half: MLflow's version and run, then the files; safe to repeat."""
        self._registry.delete(capability, number)
        kill_point("models-unregistered")
        for folder, found in self._set_aside(capability):
            if found == number:
                shutil.rmtree(folder, ignore_errors=True)

    def bring_back(self, capability: str, number: int) -> None:
        """Instead of the second half: the version is there again."""
        for folder, found in self._set_aside(capability):
            if found == number:
                with suppress(FileNotFoundError):  # somebody else brought it back at this moment
                    folder.rename(folder.with_name(folder.name.removeprefix(DELETED)))

    def leftovers(self) -> list[tuple[str, int]]:
        """Capability and number of versions that were set aside and neither went nor came back."""
        places = sorted(self.folder.glob("*/"))
        return [
            (place.name, number) for place in places for _, number in self._set_aside(place.name)
        ]

    def _set_aside(self, capability: str) -> list[tuple[Path, int]]:
        found = []
        for path in sorted((self.folder / _name(capability)).glob(f"{DELETED}*/{VERSION}")):
            number = int(json.loads(path.read_text(encoding="utf-8"))["number"])
            found.append((path.parent, number))
        return found

    def upgrade(self) -> None:
        """Bring MLflow's tables to the installed version."""
        self._registry.upgrade()

    def set_champion_alias(self, key: str, number: int | None) -> None:
        """Let MLflow's alias of a champion name a version; None takes it away."""
        _name(split(key)[0])
        self._registry.set_alias(key, number)

    def repair_aliases(self, champions: Mapping[str, int | None]) -> list[str]:
        """Let the aliases say what the app database says; returns the keys put right."""
        repaired = []
        for key, number in champions.items():
            if self._registry.aliased(key) != number:
                self._registry.set_alias(key, number)
                repaired.append(key)
        return repaired

    def clean(self, open_jobs: Callable[[], Collection[str]] = tuple) -> list[str]:
        """Finish or remove what crashes left; returns what was removed, as ``capability/job``.

        A version that was stored is never removed, whatever MLflow says: the other one of the two
        may be what is missing.

        Parameters
        ----------
        open_jobs : ids of the jobs that wait or run, whose beginnings are theirs to finish; asked
            after looking at what is there, so that a job that begins meanwhile loses nothing.
        """
        removed = []
        for place in sorted(self.folder.glob("*/")):
            capability = place.name
            begun = [path for path in sorted(place.glob("*/")) if not (path / VERSION).exists()]
            numbers = self._registry.numbers(capability) if begun else {}
            kept = open_jobs()
            for folder in begun:
                job_id = folder.name
                if _belongs(job_id, kept) or (folder / VERSION).exists():
                    continue
                if job_id in numbers and (folder / FACTS).exists():
                    self._finish(folder, numbers[job_id])
                    continue
                shutil.rmtree(folder, ignore_errors=True)
                removed.append(f"{capability}/{job_id}")
            self._registry.delete_runs_without_version(
                capability, lambda job_id: _belongs(job_id, open_jobs())
            )
        return removed

    def _lay_down(self, new: NewVersion, files: Path, folder: Path) -> None:
        """Copy the files, then say what they are: the facts are there only when the files are."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(files, folder / FILES)
        facts = ModelVersion(
            **{name: getattr(new, name) for name in NewVersion.__dataclass_fields__},
            number=0,
            files=hashes(folder / FILES),
        )
        _write(folder / FACTS, facts.to_json())

    def _finish(self, folder: Path, number: int) -> ModelVersion:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        _write(folder / HEAD, light({**facts, "number": number}))
        _write(folder / VERSION, {**facts, "number": number})
        kill_point("models-stored")
        return _whole(folder / VERSION)

    def _head(self, folder: Path) -> ModelVersion | None:
        """What lists tell of a version; None where the folder holds none (yet)."""
        known = self._heads.get(folder)
        if known is not None:
            return known
        if not (folder / VERSION).exists():
            return None
        light_one, whole = folder / HEAD, folder / VERSION
        path = light_one if light_one.exists() else whole  # stored before there were heads
        try:
            known = ModelVersion.from_json(light(json.loads(path.read_text(encoding="utf-8"))))
        except FileNotFoundError:
            return None  # deleted while it was being read
        except (ValueError, KeyError, TypeError):
            log.warning("what %s says of a version cannot be read", path)
            return None  # spoiled: the others are still there
        self._heads[folder] = known
        self._numbers[known.capability, known.number] = folder
        return known

    def _folder_of(self, capability: str, job_id: str) -> Path:
        return self.folder / _name(capability) / _name(job_id)


def _belongs(job_id: str, jobs: Collection[str]) -> bool:
    """Whether a job, or one that trains several models under its own id, is among the jobs."""
    return any(job_id == job or job_id.startswith(f"{job}-") for job in jobs)


def _name(text: str) -> str:
    """A capability or job id as the name of a folder; anything that leads elsewhere is refused."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,120}", text):
        raise DataError(
            f"“{text}” cannot name a model or a job.",
            remedy="Use letters, digits, dots, dashes and underscores.",
        )
    return text


@lru_cache(maxsize=64)
def _whole(path: Path) -> ModelVersion:
    """A version as it was stored, which never changes."""
    return ModelVersion.from_json(json.loads(path.read_text(encoding="utf-8")))


def _write(path: Path, content: Any) -> None:
    """Whole or not at all."""
    draft = path.with_name(f".{path.name}")
    draft.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    draft.replace(path)
