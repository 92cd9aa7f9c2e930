"""What a look at the triggers of one capability reads, each thing at most once."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from app.services.training import service_of
from data_access.models import ModelVersion
from data_access.snapshots.manifest import Manifest
from data_access.state.champions import get_champion
from data_access.state.switches import get_switch
from ml import contract
from ml.contract import Capability, Frames

if TYPE_CHECKING:
    from app.context import Desk


class Material:
    """The newest data and the versions of a capability, as triggers and promotion see them.

    Attributes
    ----------
    now : naive UTC; nothing here reads a clock.
    """

    def __init__(self, desk: Desk, key: str, manifest: Manifest, now: datetime) -> None:
        self.desk = desk
        self.capability: Capability = contract.capability(key)
        self.manifest = manifest
        self.now = now

    @cached_property
    def active(self) -> bool:
        """Whether its models may decide at all."""
        with self.desk.state.read() as session:
            row = get_switch(session, self.capability.key)
        return row is None or row.active

    @cached_property
    def champion(self) -> ModelVersion | None:
        """None: the rule of thumb decides."""
        with self.desk.state.read() as session:
            row = get_champion(session, self.capability.key)
        if row is None or row.model_version is None:
            return None
        return self.desk.models.version(self.capability.key, row.model_version)

    @cached_property
    def newest(self) -> ModelVersion | None:
        """The newest version learned as the champion was: it knows what the champion would."""
        champion = self.champion
        if champion is None:
            return None
        alike = (
            one
            for one in self.desk.models.versions(self.capability.key)
            if one.candidate == champion.candidate
            and dict(one.parameters) == dict(champion.parameters)
            and one.scope == champion.scope
        )
        found = max(alike, key=lambda one: (one.as_of, one.number), default=champion)
        return self.desk.models.version(self.capability.key, found.number)  # with its tables

    @cached_property
    def as_of(self) -> date:
        """The last local day that the data know whole."""
        return service_of(self.capability.key).as_of(self.desk, self.manifest)

    @cached_property
    def frames(self) -> Frames:
        return service_of(self.capability.key).frames(self.desk, self.manifest)

    def model(self, version: ModelVersion) -> Any:
        """A version's model, its files checked."""
        key = self.capability.key
        return self.capability.load(self.desk.models.files(key, version.number))

    def rests(self, days: int) -> bool:
        """Whether a version newer than the champion learned so lately that it should be looked
        at before another one is made."""
        newest, champion = self.newest, self.champion
        if newest is None or champion is None or newest.number == champion.number:
            return False
        return self.as_of - newest.as_of < timedelta(days=days)
