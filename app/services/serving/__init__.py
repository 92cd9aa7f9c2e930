"""What really answers: the champion, checked when it is read, or the last good one in its place.

    champion of the time line ──read and checked──▶ memory ──▶ answer
              │ its files are refused
              ▼
    the champion before it whose files are good, else the rule of thumb;
    a row in `served_instead`, an alert and an entry in the audit say so until they are mended

Light: nothing that learns is imported before a model is asked for.
"""

from __future__ import annotations

from app.services.serving.ahead import read_ahead
from app.services.serving.answering import Serving, ask, challenger, look, model
from app.services.serving.memory import ModelRefused, loaded, require_good
from app.services.serving.standing import Standing, is_sure, standing, standings, threshold
from app.services.serving.uses import Counting, counting, flush

__all__ = [
    "Counting",
    "ModelRefused",
    "Serving",
    "Standing",
    "ask",
    "challenger",
    "counting",
    "flush",
    "is_sure",
    "loaded",
    "look",
    "model",
    "read_ahead",
    "require_good",
    "standing",
    "standings",
    "threshold",
]
