"""MLflow's tables, made once for a session and copied: its migrations take two seconds each time.

That they are made where there are none is shown in ``tests/data_access/test_models.py``.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from data_access.models.registry import Registry
from tests.factories.shared import once

NAME = "models.db"


def lay_models_database(home: Path) -> None:
    """MLflow's tables without a version, in a home that has none of them yet."""
    if not (home / NAME).exists():
        shutil.copy(once("models-database", _make) / NAME, home / NAME)


def _make(folder: Path) -> None:
    registry = Registry(f"sqlite:///{folder / NAME}", folder / "files")
    assert list(registry.numbers("forecasting")) == []
