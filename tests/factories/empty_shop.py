"""A home on a shop in which nothing has been sold yet; its databases are made once a session."""

from __future__ import annotations

import shutil
from pathlib import Path

from data_access.shop.engines import make_engine
from tests.factories.app_database import into_one_file, lay_app_database
from tests.factories.shared import once
from tests.factories.shop import ShopFactory


def lay_empty_shop(home: Path) -> None:
    """The tables of a shop and of an app database in a home."""
    shutil.copytree(once("empty-shop", _make), home, dirs_exist_ok=True)


def _make(folder: Path) -> None:
    ShopFactory(make_engine(f"sqlite:///{folder / 'shop.db'}")).engine.dispose()
    into_one_file(folder / "shop.db")
    lay_app_database(folder)
