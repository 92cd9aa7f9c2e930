"""Models by program: what decides what, train, note, set the threshold, activate, switch off."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.asked_by import AskedBy, OnDesk
from app.api.fields import FreeText, Instant, RowVersion
from app.api.limits import Allowance, hold
from app.api.refusals import refuses
from app.services import activation, model_facts, registry, switches, training_requests
from data_access.scope import WHOLE, Scope

router = APIRouter(prefix="/models", tags=["models"], responses=refuses(404, 409, 429))

REQUESTS = Allowance(a_minute=600, at_once=200)
TRAININGS = Allowance(a_minute=6, at_once=20)
"""Of one key: a training keeps a worker busy for minutes."""

_STRICT = ConfigDict(extra="forbid", strict=True)
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Number = Annotated[int, Field(ge=1, le=10**9)]
Sentence = Annotated[FreeText, Field(min_length=1, max_length=500)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9._:-]{1,64}$",
        description="The same key asks once, however often the request is sent.",
    ),
]


class CapabilityOut(BaseModel):
    """Who decides for a capability, and how far; instants are UTC."""

    model_config = ConfigDict(from_attributes=True)

    capability: str
    label: str
    question: str
    champion: int | None  # null: the rule of thumb
    champion_row: int  # hand it back with an activation
    since: Instant | None
    by: str | None
    active: bool
    confidence: float | None
    promotes: bool
    switch_row: int  # hand it back with a change of the threshold
    versions: int


class VersionOut(BaseModel):
    """One stored version."""

    model_config = ConfigDict(from_attributes=True)

    capability: str
    key: str
    number: int
    status: Literal["champion", "challenger", "candidate", "retired"]
    decides: list[str]
    candidate: str
    label: str
    scope: str
    series: str | None
    as_of: date
    snapshot: int
    parameters: dict[str, Any]
    metrics: dict[str, float]
    baseline: dict[str, float]  # the rule of thumb's on the same cases
    beats_baseline: bool
    verdict: str
    seconds: float
    asked_by: str
    created_at: Instant
    job_id: str
    note: str
    note_row: int  # hand it back with a change of the note


class VersionsOut(BaseModel):
    versions: list[VersionOut]
    total: int


class ScopeAsked(BaseModel):
    """One category or product; left out: the whole shop."""

    model_config = _STRICT

    level: Literal["category", "product"]
    series_id: Annotated[FreeText, Field(min_length=1, max_length=100)]

    def scope(self) -> Scope:
        return Scope(self.level, self.series_id)


class TrainingAsked(BaseModel):
    """A model to be trained on the newest snapshot."""

    model_config = ConfigDict(
        **_STRICT,
        json_schema_extra={
            "examples": [
                {
                    "capability": "forecasting",
                    "candidate": "lightgbm",
                    "parameters": {"horizon_weeks": 8, "rounds": 120},
                }
            ]
        },
    )

    capability: Key
    candidate: Key
    parameters: dict[Key, int | float | str | bool] = Field(default_factory=dict, max_length=50)
    scope: ScopeAsked | None = None
    again: bool = False  # train all the same what was trained on these data before
    why: FreeText = Field(default="", max_length=300)  # kept with the version


class JobAskedOut(BaseModel):
    job_id: str
    before: bool  # the same Idempotency-Key asked for it already


class NoteAsked(BaseModel):
    model_config = ConfigDict(
        **_STRICT, json_schema_extra={"examples": [{"note": "Best of spring", "note_row": 0}]}
    )

    note: Annotated[FreeText, Field(max_length=2_000)]  # empty: it is taken away
    note_row: RowVersion  # as last read; a stale one is refused


class LimitsAsked(BaseModel):
    """How far models may decide; what is left out stays."""

    model_config = ConfigDict(
        **_STRICT, json_schema_extra={"examples": [{"confidence": 0.6, "switch_row": 0}]}
    )

    confidence: float | None = None  # 0 to 1; null: every prediction counts
    promotes: bool | None = None
    switch_row: RowVersion  # as last read; a stale one is refused


class ActivationAsked(BaseModel):
    model_config = ConfigDict(**_STRICT, json_schema_extra={"examples": [{"champion_row": 3}]})

    champion_row: RowVersion  # as last read; a stale one is refused
    reason: Sentence | None = None  # required where it did not beat the rule of thumb


class OffAsked(BaseModel):
    model_config = ConfigDict(
        **_STRICT, json_schema_extra={"examples": [{"reason": "Wrong since Monday"}]}
    )

    reason: Sentence
    switch_row: RowVersion | None = None


class OnAsked(BaseModel):
    model_config = _STRICT

    switch_row: RowVersion | None = None


class ActivationOut(BaseModel):
    """One entry of the time line."""

    model_config = ConfigDict(from_attributes=True)

    change_id: int
    capability: str
    from_version: int | None
    to_version: int | None
    at: Instant
    by: str
    passed_check: bool
    reason: str | None
    undoes: int | None


class DoneOut(BaseModel):
    text: str


@router.get("")
def list_capabilities(asked_by: AskedBy, desk: OnDesk) -> list[CapabilityOut]:
    """Every capability: who decides, since when, on whose word."""
    hold(REQUESTS, asked_by.name)
    return [CapabilityOut.model_validate(one) for one in model_facts.listed_capabilities(desk)]


@router.post("", status_code=202)
def create(
    asked: TrainingAsked,
    asked_by: AskedBy,
    desk: OnDesk,
    response: Response,
    key: IdempotencyKey = None,
) -> JobAskedOut:
    """Create a version by training: a worker does it, follow the job."""
    hold(REQUESTS, asked_by.name)
    hold(TRAININGS, asked_by.name)
    found = training_requests.ask(
        desk,
        asked_by,
        asked.capability,
        [(asked.candidate, asked.parameters)],
        asked.scope.scope() if asked.scope else WHOLE,
        again=asked.again,
        why=asked.why,
        key=key,
    )
    response.headers["Location"] = f"/api/training-jobs/{found.job_id}"
    return JobAskedOut(job_id=found.job_id, before=found.before)


@router.get("/{capability}")
def one_capability(
    capability: Key,
    asked_by: AskedBy,
    desk: OnDesk,
    status: Annotated[str, Query(max_length=16)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=10**6)] = 0,
) -> VersionsOut:
    """Versions of a capability, newest first."""
    hold(REQUESTS, asked_by.name)
    rows, total = model_facts.versions(desk, capability, status=status, limit=limit, offset=offset)
    return VersionsOut(versions=[VersionOut.model_validate(one) for one in rows], total=total)


@router.patch("/{capability}")
def change_limits(
    capability: Key, asked: LimitsAsked, asked_by: AskedBy, desk: OnDesk
) -> CapabilityOut:
    """Set the confidence threshold, or whether a retrained version is promoted by itself."""
    hold(REQUESTS, asked_by.name)
    model_facts.known(capability)
    row = asked.switch_row
    if "confidence" in asked.model_fields_set:
        row = switches.set_confidence(
            desk, asked_by, capability, asked.confidence, expected=row
        ).version
    if asked.promotes is not None:
        switches.set_promotion(desk, asked_by, capability, asked.promotes, expected=row)
    return CapabilityOut.model_validate(model_facts.capability(desk, capability))


@router.post("/{capability}/deactivate")
def deactivate(capability: Key, asked: OffAsked, asked_by: AskedBy, desk: OnDesk) -> DoneOut:
    """Switch a capability off: its page shows the rule of thumb."""
    hold(REQUESTS, asked_by.name)
    model_facts.known(capability)
    done = switches.deactivate(desk, asked_by, capability, asked.reason, expected=asked.switch_row)
    return DoneOut(text=done.text)


@router.post("/{capability}/activate")
def reactivate(capability: Key, asked: OnAsked, asked_by: AskedBy, desk: OnDesk) -> DoneOut:
    """Switch a capability on again: what decided before decides again."""
    hold(REQUESTS, asked_by.name)
    model_facts.known(capability)
    done = switches.reactivate(desk, asked_by, capability, expected=asked.switch_row)
    return DoneOut(text=done.text)


@router.get("/{capability}/{number}")
def one_version(capability: Key, number: Number, asked_by: AskedBy, desk: OnDesk) -> VersionOut:
    """One version with its figures."""
    hold(REQUESTS, asked_by.name)
    return VersionOut.model_validate(model_facts.version(desk, capability, number))


@router.patch("/{capability}/{number}")
def change_note(
    capability: Key, number: Number, asked: NoteAsked, asked_by: AskedBy, desk: OnDesk
) -> VersionOut:
    """Say something of a version."""
    hold(REQUESTS, asked_by.name)
    model_facts.version(desk, capability, number)
    registry.note(desk, asked_by, capability, number, asked.note, expected=asked.note_row)
    return VersionOut.model_validate(model_facts.version(desk, capability, number))


@router.delete("/{capability}/{number}")
def delete(
    capability: Key,
    number: Number,
    asked_by: AskedBy,
    desk: OnDesk,
    reason: Annotated[FreeText | None, Query(max_length=500)] = None,
) -> DoneOut:
    """Delete a version with its files; refused where anything needs it."""
    hold(REQUESTS, asked_by.name)
    model_facts.version(desk, capability, number)
    return DoneOut(text=registry.delete(desk, asked_by, capability, number, reason))


@router.post("/{capability}/{number}/activate")
def activate(
    capability: Key, number: Number, asked: ActivationAsked, asked_by: AskedBy, desk: OnDesk
) -> ActivationOut:
    """Let a version decide."""
    hold(REQUESTS, asked_by.name)
    found = model_facts.version(desk, capability, number)
    done = activation.activate(desk, asked_by, found.key, number, asked.champion_row, asked.reason)
    return ActivationOut.model_validate(done)
