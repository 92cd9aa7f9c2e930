"""Errors of the data layer: each says what happened and what to do about it."""

from __future__ import annotations


class DataError(Exception):
    """What went wrong with data, in words for staff.

    Parameters
    ----------
    message : one sentence that names the thing and the figures.
    remedy : one sentence that says what to do next.
    """

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy
