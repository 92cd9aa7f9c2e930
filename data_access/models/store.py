"""Store, list and read model versions.

    <folder>/<capability>/<job id>/files/…         the model, in plain formats
    <folder>/<capability>/<job id>/facts.json      what is known before it has a number
    <folder>/<capability>/<job id>/version.json    the same with its number: it is stored

MLflow gives the number and keeps the figures; the folder mirrors them, so that pages list
versions without MLflow. A crash in between leaves a folder without ``version.json``: the same
job finishes it, or `clean` removes it.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from data_access.errors import DataError
from data_access.kill_points import kill_point
from data_access.models.registry import Registry
from data_access.models.safety import hashes, require_plain_files
from data_access.models.version import ModelVersion, NewVersion

FACTS = "facts.json"
VERSION = "version.json"
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
        self._read: dict[Path, ModelVersion] = {}

    @cached_property
    def _registry(self) -> Registry:
        return Registry(self._url, self.folder)

    # ── reading: without MLflow ──

    def versions(self, capability: str) -> list[ModelVersion]:
        """All stored versions, newest first."""
        found = [
            self._kept(path) for path in (self.folder / _name(capability)).glob(f"*/{VERSION}")
        ]
        return sorted(found, key=lambda version: version.number, reverse=True)

    def version(self, capability: str, number: int) -> ModelVersion:
        """
        Raises
        ------
        DataError : there is no such version.
        """
        for version in self.versions(capability):
            if version.number == number:
                return version
        raise DataError(
            f"There is no version {number} of {capability}.",
            remedy="Reload the list of versions; it may have been removed.",
        )

    def stored_by(self, capability: str, job_id: str) -> ModelVersion | None:
        """The version that a job stored, if it has."""
        path = self._folder_of(capability, job_id) / VERSION
        return self._kept(path) if path.exists() else None

    def files(self, capability: str, number: int) -> Path:
        """The folder of a version's files, after checking that they are plain and unchanged.

        Raises
        ------
        UnsafeFile : a file could run code.
        DataError : a file is missing or is not what was stored.
        """
        version = self.version(capability, number)
        folder = self._folder_of(capability, version.job_id) / FILES
        require_plain_files(folder)
        if hashes(folder) != version.files:
            raise DataError(
                f"The files of {capability} version {number} are not what was stored.",
                remedy="Restore them from a backup, or train the model again.",
            )
        return folder

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

    def upgrade(self) -> None:
        """Bring MLflow's tables to the installed version."""
        self._registry.upgrade()

    def set_champion_alias(self, capability: str, number: int | None) -> None:
        """Let MLflow's alias name a version; None takes it away."""
        self._registry.set_alias(_name(capability), number)

    def repair_aliases(self, champions: Mapping[str, int | None]) -> list[str]:
        """Let the aliases say what the app database says; returns the capabilities put right."""
        repaired = []
        for capability, number in champions.items():
            if self._registry.aliased(capability) != number:
                self._registry.set_alias(capability, number)
                repaired.append(capability)
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
        _write(folder / VERSION, {**facts, "number": number})
        kill_point("models-stored")
        return self._kept(folder / VERSION)

    def _kept(self, path: Path) -> ModelVersion:
        known = self._read.get(path)
        if known is None:  # a version never changes, so it is read once in a process
            known = ModelVersion.from_json(json.loads(path.read_text(encoding="utf-8")))
            self._read[path] = known
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


def _write(path: Path, content: Any) -> None:
    """Whole or not at all."""
    draft = path.with_name(f".{path.name}")
    draft.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    draft.replace(path)
