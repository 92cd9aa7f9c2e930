"""How a command speaks: one sentence and what to do, a progress line, never a traceback."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

import typer
from sqlalchemy.exc import OperationalError


def say(text: str) -> None:
    typer.echo(text)


def refuse(message: str, remedy: str, *, status: int = 1) -> typer.Exit:
    """Print what happened and what to do on the error stream; to be raised by the caller.

    status : of the command's end, see `app.commands.exits`.
    """
    typer.echo(f"Shopsight: {message.rstrip('.')}. {remedy}", err=True)
    return typer.Exit(status)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what can go wrong on somebody's machine into one sentence and a remedy."""
    try:
        yield
    except OperationalError as error:
        raise _database_refusal(error) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise refuse(
                "there is no space left on the disk",
                "Free some space, then run the command again; what was there is unharmed.",
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise refuse(
                f"{error.filename or 'a file'} cannot be written",
                "Allow it, or choose another folder with SHOPSIGHT_HOME.",
            ) from error
        raise
    except Exception as error:
        remedy = getattr(error, "remedy", None)
        if remedy is None:
            raise
        from app.commands.exits import status_of  # knows every service; most commands need none

        raise refuse(str(error), remedy, status=status_of(error)) from error


def plain_json(value: object) -> str:
    """Dataclasses, dates and instants as JSON, for programs."""
    return json.dumps(value, default=_plain, ensure_ascii=False, indent=2)


def _plain(value: Any) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: getattr(value, one.name) for one in fields(value)}
    if isinstance(value, date):  # instants too
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "tolist"):  # numbers and series of numpy and pandas
        return value.tolist()
    return str(value)


def _database_refusal(error: OperationalError) -> typer.Exit:
    text = str(error.orig)
    if "disk is full" in text or "No space left" in text:
        return refuse(
            "there is no space left on the disk",
            "Free some space, then run the command again; what was there is unharmed.",
        )
    return refuse(
        "a database does not answer",
        "Check SHOP_DATABASE_URL and APP_DATABASE_URL and that the server runs "
        f"({text.strip().splitlines()[0][:160] if text.strip() else 'no detail given'}).",
    )


def progress_line(title: str) -> Callable[[str, float], None]:
    """A progress callback that redraws one line on a terminal and prints few lines elsewhere."""
    live = sys.stderr.isatty()
    last = {"step": ""}

    def show(step: str, share: float) -> None:
        if live:
            filled = round(24 * min(max(share, 0.0), 1.0))
            bar = "█" * filled + "░" * (24 - filled)
            typer.echo(f"\r\033[K{title} {bar} {share:4.0%}  {step}", nl=share >= 1, err=True)
        elif step != last["step"]:
            typer.echo(f"{title}: {step} ({share:.0%})", err=True)
        last["step"] = step

    return show
