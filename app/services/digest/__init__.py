"""The weekly digest: what is noteworthy in the categories that a person follows, by mail."""

from __future__ import annotations

from app.services.digest.following import (
    Following,
    follow,
    following,
    set_mail,
    set_own_mail,
    unfollow,
)

__all__ = ["Following", "follow", "following", "set_mail", "set_own_mail", "unfollow"]
