"""What tests of who decides share: people, a desk with laid versions on each engine, a count."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from app.access import Identity, Role
from app.context import Desk, open_desk
from app.settings import Settings
from data_access.state.tables import AuditEntry
from tests.factories.app_database import lay_app_database
from tests.factories.stored_versions import lay

ADA = Identity(name="ada", role=Role.admin)
BOB = Identity(name="bob", role=Role.admin)
MIA = Identity(name="mia", role=Role.merchandiser)


class Asked:
    """A queue that only remembers what it was asked for."""

    kinds = ("publish", "mend")

    def __init__(self) -> None:
        self.ids: list[str] = []

    def start(self, kind: str, parameters: object, by: str, *, job_id: str) -> str:
        self.ids.append(job_id)
        return job_id

    def get(self, job_id: str) -> None:
        return None

    def close(self) -> None:
        """Nothing is open."""


def opened(home: Path, app_url: str | None = None) -> Iterator[Desk]:
    """A desk without a shop, with versions 1 (loses), 2 and 3 (win) of each capability.

    app_url : of an app database that has its tables; one in the home, unless given.
    """
    home.mkdir(parents=True, exist_ok=True)
    settings = Settings(_env_file=None, home=home, app_database_url=app_url)
    desk = open_desk(settings)
    if app_url is None:
        lay_app_database(home)
    # Where a Desk keeps a handle once it is open; there is no shop to ask for its zone.
    desk.__dict__["jobs"], desk.__dict__["mark"] = Asked(), None
    for capability in ("forecasting", "fraud"):
        for number in (1, 2, 3):
            lay(desk, capability, number, beats=number > 1)
    yield desk
    desk.jobs.close()
    desk.state.close()


def audited(desk: Desk) -> list[AuditEntry]:
    """All entries, oldest first."""
    with desk.state.read() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.entry_id)))
