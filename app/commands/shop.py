"""Commands about the shop: make the demo shop, import another shop's files, take a snapshot."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.commands.speech import plain_errors, progress_line, refuse, say
from app.context import open_desk
from app.settings import get_settings


class DemoSize(StrEnum):
    small = "small"
    medium = "medium"
    large = "large"


def register(cli: typer.Typer) -> None:
    cli.command("demo")(demo)
    cli.command("import")(import_files)
    cli.command("refresh")(refresh)


def utc_now() -> datetime:
    """The instant, as naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


def demo(
    size: Annotated[DemoSize, typer.Option(help="How large a shop.")] = DemoSize.small,
    seed: Annotated[int, typer.Option(help="The same seed makes the same shop.")] = 7,
) -> None:
    """Make the demo shop, or bring the one that is there up to this moment."""
    with plain_errors():
        make_or_extend_demo(size, seed)


def make_or_extend_demo(size: DemoSize, seed: int) -> None:
    """Write only into an empty database, or extend the demo shop that is there already."""
    from data_access.shop.engines import make_engine, read_mark
    from data_access.sources.demo import extend_demo, make_demo

    settings = get_settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    engine = make_engine(settings.shop_url)
    started = time.monotonic()
    mark = read_mark(engine)
    if mark is None or mark.made_by != "demo":
        make_demo(
            engine, size=size.value, seed=seed, until=utc_now(), progress=progress_line("Demo shop")
        )
        say(f"Demo shop ({size.value}) made in {time.monotonic() - started:.0f} s.")
        return
    there = (mark.details.get("size"), mark.details.get("seed"))
    if there != (size.value, seed):
        raise refuse(
            f"the demo shop that is there is {there[0]} with seed {there[1]}",
            "Choose another folder with SHOPSIGHT_HOME, or give that size and seed to extend it.",
        )
    extend_demo(engine, until=utc_now(), progress=progress_line("Demo shop"))
    say("The demo shop is up to this moment.")


def import_files(
    path: Annotated[Path | None, typer.Argument(help="A file or a folder.")] = None,
    template: Annotated[
        Path | None, typer.Option(help="Write empty files in the canonical layout to this folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Import a shop from files: UCI Online Retail, Olist, or the canonical layout."""
    from app.services.imports import import_shop
    from data_access.sources.imports import write_template

    with plain_errors():
        if template is not None:
            write_template(template)
            say(f"Empty files with every column and its meaning lie in {template}.")
            return
        if path is None:
            raise refuse("no file or folder was given", "Say which: python -m app import PATH")
        desk = open_desk(get_settings())
        report = import_shop(desk, path, now=utc_now(), progress=progress_line("Import"))
        say(
            json.dumps(report.to_json(), indent=2, default=str)
            if as_json
            else "\n".join(report.lines())
        )


def refresh(
    full: Annotated[bool, typer.Option(help="Read everything, find deletes too.")] = False,
) -> None:
    """Take a snapshot of the shop now, in this process."""
    from app.services.snapshots import take_snapshot

    with plain_errors():
        desk = open_desk(get_settings())
        desk.state.upgrade()
        manifest = take_snapshot(
            desk, full=full or None, now=utc_now(), progress=progress_line("Snapshot")
        )
        rows = sum(facts.rows for facts in manifest.tables.values())
        say(f"Snapshot {manifest.number}: {rows:,} rows, as of {manifest.as_of:%d %b %Y, %H:%M}.")
