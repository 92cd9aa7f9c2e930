"""Commands that run the processes: up (both), web, worker."""

from __future__ import annotations

import contextlib
from typing import Annotated

import typer

from app.commands.shop import DemoSize, utc_now
from app.commands.speech import plain_errors, progress_line, refuse, say
from app.settings import Settings, get_settings


def register(cli: typer.Typer) -> None:
    cli.command("up")(up)
    cli.command("prepare")(prepare_only)
    cli.command("web")(web)
    cli.command("worker")(worker)


def up(
    demo_size: Annotated[DemoSize, typer.Option(help="Of the demo shop, if one is made.")] = (
        DemoSize.small
    ),
    seed: Annotated[int, typer.Option(help="Of the demo shop, if one is made.")] = 7,
) -> None:
    """Open the application: prepare what is missing, start web and worker, stop both on Ctrl-C."""
    from app.listening import listen, port_of
    from app.supervisor import HomeInUseError, Supervisor, require_space

    settings = get_settings()
    with plain_errors():
        listening = listen(settings.host, settings.port)
        settings.home.mkdir(parents=True, exist_ok=True)
        require_space(settings.home)
        try:
            supervisor = Supervisor(settings, listening)
        except HomeInUseError as error:
            raise refuse(str(error), error.remedy) from error
        with supervisor:
            prepare(settings, demo_size, seed)
            supervisor.start()
            say(f"\n  Shopsight is open at http://{_spoken(settings.host)}:{port_of(listening)}")
            say("  Ctrl-C stops it; everything is kept.\n")
            supervisor.watch()
    say("Shopsight has stopped.")


def prepare_only(
    demo: Annotated[bool, typer.Option(help="Fill an empty shop database with a demo.")] = False,
    demo_size: Annotated[DemoSize, typer.Option(help="Of the demo shop, if one is made.")] = (
        DemoSize.small
    ),
    seed: Annotated[int, typer.Option(help="Of the demo shop, if one is made.")] = 7,
) -> None:
    """Make what a first start lacks, then end: for containers that run web and worker apart."""
    with plain_errors():
        prepare(get_settings(), demo_size, seed, demo=demo)


def prepare(settings: Settings, demo_size: DemoSize, seed: int, *, demo: bool = False) -> None:
    """Make what a first start lacks: the shop, the application's tables, a snapshot, an admin.

    A demo shop is made in the default place, or where ``demo`` asks for it: a database that
    somebody named and that turns out to be empty is more likely a slip in its address.
    """
    from app.commands.shop import make_or_extend_demo
    from app.context import open_desk
    from app.services.snapshots import take_snapshot
    from app.services.users import first_admin
    from data_access.shop.engines import is_empty, make_engine

    settings.home.mkdir(parents=True, exist_ok=True)
    if is_empty(make_engine(settings.shop_url)):
        if settings.shop_database_url is not None and not demo:
            raise refuse(
                "the database at SHOP_DATABASE_URL holds no tables",
                "Check the address; or fill it: python -m app import PATH, or python -m app demo.",
            )
        make_or_extend_demo(demo_size, seed)
    desk = open_desk(settings)
    desk.state.upgrade()
    if desk.store.newest() is None:
        take_snapshot(desk, full=True, now=utc_now(), progress=progress_line("Snapshot"))
    password = first_admin(desk)
    if password is not None:
        say(f"\n  First login: name admin, password {password}")
        say("  It is shown only now and must be changed at the first login.")


def web() -> None:
    """Serve the dashboard, the login and the API."""
    import uvicorn

    from app.listening import listen
    from app.main import create_app

    settings = get_settings()
    with plain_errors():
        listening = listen(settings.host, settings.port)
        serving = uvicorn.Config(
            create_app(settings),
            log_config=None,
            access_log=False,
            # A browser holds its socket open for ever: give it a moment, then close.
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(serving)
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listening])
        if not server.started:
            raise typer.Exit(1)


def worker(
    slot: Annotated[str | None, typer.Option(help="Fixed name of this worker.")] = None,
) -> None:
    """Run jobs until stopped; several workers need several slot names."""
    from app.jobs.worker import run

    settings = get_settings()
    with plain_errors():
        run(settings, slot or settings.worker_slot)


def _spoken(host: str) -> str:
    return "localhost" if host in ("127.0.0.1", "0.0.0.0", "::", "::1") else host  # noqa: S104
