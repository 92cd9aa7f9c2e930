"""Commands that keep what Shopsight knows: back up, restore, upgrade."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.commands.speech import plain_errors, progress_line, say
from app.settings import get_settings


def register(cli: typer.Typer) -> None:
    cli.command("backup")(backup)
    cli.command("restore")(restore)
    cli.command("upgrade")(upgrade)


def backup(target: Annotated[Path, typer.Argument(help="The archive to write.")]) -> None:
    """Write one consistent archive of everything Shopsight keeps, while it runs."""
    from app.backup import backup as write

    with plain_errors():
        write(get_settings(), target, progress=progress_line("Backup"))
        say(f"Everything is kept in {target}.")


def restore(
    source: Annotated[Path, typer.Argument(help="An archive that backup wrote.")],
    force: Annotated[bool, typer.Option(help="Replace what is there.")] = False,
) -> None:
    """Put an archive back into the home; web and worker must be stopped."""
    from app.backup import restore as read

    with plain_errors():
        read(get_settings(), source, force=force, progress=progress_line("Restore"))
        say("Restored. Start Shopsight again.")


def upgrade() -> None:
    """Bring the databases to this version; a backup is taken first and put back if it fails."""
    from app.backup import upgrade as bring_up

    with plain_errors():
        bring_up(get_settings(), progress=progress_line("Upgrade"))
        say("The databases are up to date.")
