"""``python -m app``: everything Shopsight does, from a command line."""

from __future__ import annotations

import typer

from app.commands import backups, jobs, processes, shop, users

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
backups.register(cli)
cli.add_typer(users.users, name="user")
cli.add_typer(users.keys, name="key")
cli.add_typer(jobs.jobs, name="jobs")

if __name__ == "__main__":
    cli(prog_name="python -m app")
