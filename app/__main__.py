"""``python -m app``: everything Shopsight does, from a command line."""

from __future__ import annotations

import sys
import traceback

import typer
from pydantic import ValidationError

from app.commands import backups, jobs, models, processes, shop, users
from app.settings import get_settings

cli = typer.Typer(
    name="shopsight",
    help="Shopsight, the analytics desk of an online shop.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
processes.register(cli)
shop.register(cli)
jobs.register(cli)
models.register(cli)
backups.register(cli)
cli.add_typer(users.users, name="user")
cli.add_typer(users.keys, name="key")
cli.add_typer(jobs.jobs, name="jobs")


def main() -> int:
    """Run one command; its exit status. Nobody meets a traceback: it goes to a file."""
    try:
        cli(prog_name="python -m app")
    except SystemExit as done:
        code = done.code
    except ValidationError as error:
        return _unusable_settings(error)
    except Exception:
        return _unexpected(traceback.format_exc())
    # Left by here, a failed command lets go of what its traceback held (DuckDB complains at the
    # interpreter's end about objects that live that long).
    return code if isinstance(code, int) else int(code is not None)


def _unusable_settings(error: ValidationError) -> int:
    for problem in error.errors():
        name = problem["loc"][0] if problem["loc"] else "a setting"
        why = problem["msg"].removeprefix("Value error, ")
        sys.stderr.write(f"Shopsight: {name} cannot be used: {why}.\n")
    sys.stderr.write("Correct it in the environment or in .env; README.md lists every setting.\n")
    return 1


def _unexpected(trace: str) -> int:
    reason = trace.strip().splitlines()[-1][:200]
    sys.stderr.write(f"Shopsight: something unexpected happened ({reason}).\n")
    try:
        folder = get_settings().home / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "command.log").open("a") as log:
            log.write(trace + "\n")
        sys.stderr.write(f"The details are in {folder / 'command.log'}; please report them.\n")
    except (OSError, ValueError):  # an unwritable home or unusable settings: the terminal has it
        sys.stderr.write(trace)
    return 70  # EX_SOFTWARE of sysexits.h


if __name__ == "__main__":
    sys.exit(main())
