"""Errors of the models: each says what happened and what to do about it."""

from __future__ import annotations


class ModelError(Exception):
    """What went wrong while learning or predicting, in words for staff.

    Parameters
    ----------
    message : one sentence that names the thing and the figures.
    remedy : one sentence that says what to do next.
    """

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


class NotEnoughData(ModelError):  # noqa: N818 - reads as what is the matter
    """Too little history: what is missing, how much there is, what would do.

    Parameters
    ----------
    missing : what there is too little of, e.g. "weeks of sales".
    found, needed : how much there is and how much would do, in the unit that `missing` names.
    """

    def __init__(self, missing: str, *, found: float, needed: float, remedy: str) -> None:
        super().__init__(f"{missing}: there are {found:g}, {needed:g} are needed.", remedy=remedy)
        self.missing = missing
        self.found = found
        self.needed = needed


class WrongFrame(ModelError):  # noqa: N818 - reads as what is the matter
    """An input frame does not keep its contract; the message holds the difference."""


class WrongParameter(ModelError):  # noqa: N818 - reads as what is the matter
    """A parameter is unknown or outside its bounds."""
