"""Ask for a search of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.access import Identity
from app.jobs.kinds import JobError, Json
from app.services import jobs
from app.services.searching import space
from app.services.training import scopes
from data_access.scope import WHOLE, Scope
from ml import contract
from ml.contract import Candidate

if TYPE_CHECKING:
    from app.context import Desk

LONGEST_MINUTES = 240


def offered(capability: str) -> tuple[Candidate, ...]:
    """Candidates that have anything to search."""
    found = contract.capability(capability).candidates
    return tuple(one for one in found if not one.is_baseline and space.searched(one))


def request(
    desk: Desk,
    capability: str,
    candidate: str,
    minutes: float,
    parameters: Mapping[str, Any] | None = None,
    scope: Scope = WHOLE,
) -> Json:
    """Parameters of a job that searches, all of them checked.

    parameters : of what is asked, such as how many weeks ahead; searched ones are what is tried
        first.

    Raises
    ------
    WrongParameter : no such candidate or parameter, or out of its bounds.
    JobError : nothing can be searched, or not for so long.
    """
    found = contract.capability(capability)
    chosen = contract.candidate(found, candidate)
    if chosen.is_baseline or not space.searched(chosen):
        names = ", ".join(one.label for one in offered(capability))
        raise JobError(
            f"{chosen.label} has no parameters to search.", remedy=f"Choose one of {names}."
        )
    whole = isinstance(minutes, int | float) and not isinstance(minutes, bool)
    if not whole or not 0 < minutes <= LONGEST_MINUTES:
        raise JobError(
            f"A search cannot last {minutes!r} minutes.",
            remedy=f"Choose from 1 to {LONGEST_MINUTES} minutes.",
        )
    scopes.label_of(desk, scope)
    return {
        "capability": found.key,
        "candidate": chosen.key,
        "parameters": chosen.check(parameters),
        "minutes": float(minutes),
        "scope": scope.to_json(),
    }


def ask(
    desk: Desk,
    person: Identity,
    capability: str,
    candidate: str,
    minutes: float,
    parameters: Mapping[str, Any] | None = None,
    scope: Scope = WHOLE,
) -> str:
    """Ask a worker to search; gives the job's id.

    Raises
    ------
    AccessDenied : the role may not. WrongParameter, JobError : as `request`.
    """
    wanted = request(desk, capability, candidate, minutes, parameters, scope)
    return jobs.start(desk, person, "search", wanted)
