"""The state of each model, as the hourly look found it."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from app.api.asked_by import AskedBy, OnDesk
from app.api.fields import Instant
from app.api.limits import hold
from app.api.models import REQUESTS
from app.api.refusals import refuses
from app.services import model_facts

router = APIRouter(prefix="/health", tags=["health"], responses=refuses(429))

State = Literal["good", "watch", "bad", "unknown"]
WORST: tuple[State, ...] = ("bad", "watch", "unknown", "good")


class ModelHealthOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    capability: str
    label: str
    state: State
    sentence: str  # the reason
    checked_at: Instant | None  # UTC
    champion: int | None  # null: the rule of thumb
    parts: dict[str, Any]  # files, drift, quality and so on, each with its state and sentence


class HealthOut(BaseModel):
    state: State  # of the worst
    models: list[ModelHealthOut]


@router.get("")
def health(asked_by: AskedBy, desk: OnDesk) -> HealthOut:
    """Whether the models can be trusted; 200 whatever is found (`/readyz` is for probes)."""
    hold(REQUESTS, asked_by.name)
    found = [ModelHealthOut.model_validate(one) for one in model_facts.health(desk)]
    states = {one.state for one in found}
    return HealthOut(
        state=next((state for state in WORST if state in states), "unknown"), models=found
    )
