"""What was just done, and how it is taken back."""

from __future__ import annotations

from app.services.done import Done

__all__ = ["Done"]
