"""Watching models: drift, completeness, quality, use, health; and telling of what is found."""

from __future__ import annotations

from app.services.watching.drift import check_drift
from app.services.watching.health import check, check_all
from app.services.watching.reading import Watched, watched

__all__ = ["Watched", "check", "check_all", "check_drift", "watched"]
