"""MLflow's part: runs, figures, version numbers and the alias of the champion.

Everything of MLflow is in this file. It is imported when the first model is stored, never by a
page: the import takes a second, and 150 MB of memory.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.schema import CreateSchema

from data_access.kill_points import kill_point
from data_access.models.version import NewVersion
from data_access.scope import split

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

SCHEMA = "mlflow"
JOB_TAG = "shopsight.job"
ALIAS = "champion"
LONGEST_LOCATION = 150
"""Characters: MLflow adds 42 of its own and keeps 200, which PostgreSQL takes at its word."""

PARAMETER_CHARACTERS = 500  # what MLflow keeps of one
PAGE = 1000


class Registry:
    """Versions as MLflow keeps them, in a database or schema of its own.

    Parameters
    ----------
    url : SQLite file, or PostgreSQL database whose schema ``mlflow`` is used.
    folder : of the model files.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder

    @cached_property
    def client(self) -> MlflowClient:
        # No word leaves the machine; both names are read at import.
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        os.environ["DO_NOT_TRACK"] = "true"
        with self._alone(), warnings.catch_warnings():
            # It uses a loader strategy that SQLAlchemy 2.1 deprecates.
            warnings.simplefilter("ignore")
            logging.getLogger("mlflow").setLevel(logging.WARNING)
            logging.getLogger("alembic").setLevel(logging.WARNING)
            from mlflow.tracking import MlflowClient

            logging.getLogger("mlflow").setLevel(logging.WARNING)
            url = self._prepared()
            return MlflowClient(tracking_uri=url, registry_uri=url)

    def upgrade(self) -> None:
        """Bring MLflow's tables to its version, or make them where there are none."""
        with self._alone(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from mlflow.store.db.utils import _upgrade_db

            engine = create_engine(self._prepared())
            try:
                if inspect(engine).has_table("alembic_version"):
                    _upgrade_db(engine)  # type: ignore[no-untyped-call]
            finally:
                engine.dispose()
        _ = self.client

    def find(self, capability: str, job_id: str) -> int | None:
        """The number of the version that a job stored."""
        for version in self._search(f"name = '{capability}' and tag.`{JOB_TAG}` = '{job_id}'"):
            return int(version.version)
        return None

    def numbers(self, capability: str) -> dict[str, int]:
        """Number by job id, of all versions of a capability."""
        return {
            version.tags.get(JOB_TAG, ""): int(version.version)
            for version in self._search(f"name = '{capability}'")
        }

    def add(self, new: NewVersion, folder: Path) -> int:
        """Write the run with its figures, then the version; returns its number."""
        from mlflow.entities import Metric, Param

        experiment = self._experiment(new.capability)
        at_ms = int(new.created_at.timestamp() * 1000)
        run = self.client.create_run(
            experiment, run_name=new.candidate, tags={JOB_TAG: new.job_id}
        ).info.run_id
        facts = {
            "candidate": new.candidate,
            "snapshot": new.snapshot,
            "as_of": new.as_of.isoformat(),
            "asked_by": new.asked_by,
            "baseline": new.baseline_label,
        }
        self.client.log_batch(
            run,
            params=[
                Param(name, str(value)[:PARAMETER_CHARACTERS])
                for name, value in {**new.parameters, **facts}.items()
            ],
            metrics=[
                Metric(name, float(value), at_ms, 0)
                for name, value in {
                    **new.metrics,
                    **{f"baseline_{name}": value for name, value in new.baseline.items()},
                    "beats_baseline": float(new.beats_baseline),
                    "seconds": new.seconds,
                }.items()
            ],
        )
        self.client.set_terminated(run)
        kill_point("models-logged")
        self._registered(new.capability)
        version = self.client.create_model_version(
            new.capability,
            source=folder.resolve().as_uri(),
            run_id=run,
            tags={JOB_TAG: new.job_id},
            description=new.verdict,
        )
        return int(version.version)

    def aliased(self, key: str) -> int | None:
        """The number that MLflow's alias of a champion names."""
        from mlflow.exceptions import MlflowException

        capability, alias = alias_of(key)
        try:
            number = self.client.get_registered_model(capability).aliases.get(alias)
        except MlflowException:
            return None
        return int(number) if number is not None else None

    def set_alias(self, key: str, number: int | None) -> None:
        capability, alias = alias_of(key)
        if number is not None:
            self.client.set_registered_model_alias(capability, alias, str(number))
        elif self.aliased(key) is not None:
            self.client.delete_registered_model_alias(capability, alias)

    def delete(self, capability: str, number: int) -> None:
        """Forget a version and its run; what is not there is no error."""
        from mlflow.exceptions import MlflowException

        try:
            found = self.client.get_model_version(capability, str(number))
        except MlflowException:
            return
        self.client.delete_model_version(capability, str(number))
        if found.run_id:
            self.client.delete_run(found.run_id)

    def delete_runs_without_version(
        self, capability: str, is_open: Callable[[str], bool]
    ) -> list[str]:
        """Delete what a crash left between a run and its version; returns the job ids."""
        experiment = self.client.get_experiment_by_name(capability)
        if experiment is None:
            return []
        runs = self.client.search_runs([experiment.experiment_id], max_results=PAGE)
        # Looked up after the runs: a job that ends meanwhile has its version by then.
        suspects = [run for run in runs if not is_open(run.data.tags.get(JOB_TAG, ""))]
        versioned = {version.run_id for version in self._search(f"name = '{capability}'")}
        removed = []
        for run in suspects:
            if run.info.run_id not in versioned:
                self.client.delete_run(run.info.run_id)
                removed.append(run.data.tags.get(JOB_TAG, ""))
        return removed

    def _search(self, query: str) -> Iterator[Any]:
        token = None
        while True:
            found = self.client.search_model_versions(query, max_results=PAGE, page_token=token)
            yield from found
            token = found.token
            if not token:
                return

    def _experiment(self, capability: str) -> str:
        found = self.client.get_experiment_by_name(capability)
        if found is not None:
            return str(found.experiment_id)
        location = (self._folder / capability).resolve().as_uri()
        if len(location) > LONGEST_LOCATION:
            # Only MLflow's own page of a run would look there; a version's source, which has room
            # for 500 characters, says where its files are.
            location = f"file:{capability}"
        with self._alone():
            found = self.client.get_experiment_by_name(capability)
            if found is not None:
                return str(found.experiment_id)
            return str(self.client.create_experiment(capability, artifact_location=location))

    def _registered(self, capability: str) -> None:
        if not self.client.search_registered_models(f"name = '{capability}'"):
            with self._alone():
                if not self.client.search_registered_models(f"name = '{capability}'"):
                    self.client.create_registered_model(capability)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two processes that make the same tables or names at once would trip over each other."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _prepared(self) -> str:
        url = make_url(self._url)
        if url.get_backend_name() == "sqlite":
            if url.database:
                Path(url.database).parent.mkdir(parents=True, exist_ok=True)
            return self._url
        url = url.set(drivername="postgresql+psycopg")
        engine = create_engine(url)
        try:
            with engine.begin() as connection:
                connection.execute(CreateSchema(SCHEMA, if_not_exists=True))
        finally:
            engine.dispose()
        return _with_search_path(url).render_as_string(hide_password=False)


def alias_of(key: str) -> tuple[str, str]:
    """Registered model and alias of a champion's key; MLflow takes letters, digits and dashes.

    >>> alias_of("forecasting")
    ('forecasting', 'champion')
    >>> alias_of("forecasting/product:A/1")[1]
    'champion-product-a-1-cddb06b2'
    """
    capability, scope = split(key)
    if scope.whole:
        return capability, ALIAS
    readable = re.sub(r"[^a-z0-9]+", "-", str(scope.series_id).lower()).strip("-")
    number = zlib.crc32(str(scope.series_id).encode())
    return capability, f"{ALIAS}-{scope.level}-{readable}-{number:08x}"


def _with_search_path(url: URL) -> URL:
    given: Mapping[str, Any] = url.query
    options = f"{given.get('options', '')} -csearch_path={SCHEMA}".strip()
    return url.update_query_dict({"options": options})
