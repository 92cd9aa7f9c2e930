"""Ask for a training by program: once a key, however often the request is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.access import Identity, require
from app.services.model_facts import known
from app.services.models import train_permission
from data_access.errors import DataError
from data_access.scope import WHOLE, Scope

if TYPE_CHECKING:
    from app.context import Desk
    from ml.contract import Value


class KeyUsed(DataError):  # noqa: N818 - reads as what happened
    """The key belongs to another request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A training that was asked for."""

    job_id: str
    before: bool  # by an earlier request with the same key


def ask(
    desk: Desk,
    person: Identity,
    capability: str,
    wanted: Sequence[tuple[str, Mapping[str, Value]]],
    scope: Scope = WHOLE,
    *,
    again: bool = False,
    why: str = "",
    key: str | None = None,
) -> Asked:
    """Ask a worker to train; without candidates, what suits the size of the shop.

    Parameters
    ----------
    key : the same caller's same key asks once, ever; None: every request asks.

    Raises
    ------
    NotFound : there is no such capability.
    AccessDenied : the role may not.
    WrongParameter, JobError : it cannot be trained; or it has been (`TrainedBefore`).
    KeyUsed : the key was used for something else.
    """
    from app.services import training

    known(capability)
    require(person, train_permission(capability))
    job_id = _job_id(person, key) if key else None
    earlier = desk.jobs.get(job_id) if job_id else None
    if not wanted and earlier is None:
        wanted = [(one, {}) for one in training.default_candidates(desk, capability, scope)]
    if earlier is not None and job_id is not None:
        asked = (
            training.request(desk, capability, wanted, scope, again=True, why=why) if wanted else {}
        )
        same = all(earlier.parameters.get(name) == asked[name] for name in asked if name != "again")
        if not same or earlier.parameters.get("capability") != capability:
            raise KeyUsed(
                "This Idempotency-Key was used for another training.",
                remedy="Send a new key with a new request, and the same one only to repeat it.",
            )
        return Asked(job_id=job_id, before=True)
    request = training.request(desk, capability, wanted, scope, again=again, why=why)
    return Asked(job_id=desk.jobs.start("train", request, person.name, job_id=job_id), before=False)


def _job_id(person: Identity, key: str) -> str:
    told = f"{person.name}\n{key}"
    return f"api-{hashlib.blake2b(told.encode(), digest_size=16).hexdigest()}"
