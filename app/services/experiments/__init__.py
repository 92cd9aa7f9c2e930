"""Champion and challenger side by side: who decides what, what came of it, and how it ends.

`arms` is light and is imported by itself where scores and publications are made.
"""

from __future__ import annotations

from app.services.experiments.arms import Running, arm_of, running

__all__ = ["Running", "arm_of", "running"]
