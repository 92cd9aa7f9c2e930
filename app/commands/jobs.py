"""Commands about work in the background: train, list, follow, cancel, retry."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Annotated

import typer

from app.commands.speech import plain_errors, progress_line, refuse, say
from app.context import Desk, open_desk
from app.settings import get_settings

jobs = typer.Typer(help="List, cancel and retry jobs.", no_args_is_help=True)

ASKED_BY = "command line"
POLL_SECONDS = 0.5

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(cli: typer.Typer) -> None:
    cli.command("train")(train)


def _desk() -> Desk:
    desk = open_desk(get_settings())
    desk.state.upgrade()
    return desk


def train(
    capability: Annotated[str, typer.Argument(help="For example forecasting.")] = "forecasting",
    candidate: Annotated[str | None, typer.Option(help="Default: the first learned one.")] = None,
    param: Annotated[list[str] | None, typer.Option(help="NAME=VALUE, any number.")] = None,
    wait: Annotated[bool, typer.Option(help="Follow the job to its end.")] = True,
) -> None:
    """Ask a worker to train a model, and follow it."""
    from ml import contract

    with plain_errors():
        found = contract.capability(capability)
        learned = [known.key for known in found.candidates if not known.is_baseline]
        chosen = contract.candidate(found, candidate or learned[0])
        parameters = chosen.check(_parsed(param or []))
        desk = _desk()
        job_id = desk.jobs.start(
            "train",
            {"capability": found.key, "candidate": chosen.key, "parameters": parameters},
            ASKED_BY,
        )
        say(f"Job {job_id} asks for {chosen.label}.")
        if wait:
            _follow(desk, job_id)


def _parsed(pairs: list[str]) -> dict[str, int | float | str | bool]:
    parsed: dict[str, int | float | str | bool] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise refuse(
                f"{pair!r} is not NAME=VALUE", "Write for example --param learning_rate=0.05"
            )
        try:
            value = json.loads(text)
        except json.JSONDecodeError:
            value = text
        parsed[name] = value if isinstance(value, bool | int | float | str) else text
    return parsed


def _follow(desk: Desk, job_id: str) -> None:
    show = progress_line("Job")
    while True:
        job = desk.jobs.get(job_id)
        if job is None:
            raise refuse(f"there is no job {job_id}", "List them with python -m app jobs list.")
        if not job.active:
            break
        show(job.step or "waiting for a worker", job.share)
        time.sleep(POLL_SECONDS)
    if job.state != "done":
        raise refuse(
            job.outcome or f"the job ended as {job.state}",
            job.remedy or f"See python -m app jobs show {job_id}.",
        )
    say(job.outcome or "Done.")


@jobs.command("list")
def list_jobs(limit: int = 20, as_json: AsJson = False) -> None:
    """The newest jobs first."""
    with plain_errors():
        found = _desk().jobs.list(limit=limit)
        if as_json:
            say(json.dumps([asdict(job) for job in found], default=str, indent=2))
            return
        for job in found:
            say(f"{job.job_id}  {job.state:<10} {job.share:4.0%}  {job.title}")
        if not found:
            say("No job has been asked for yet.")


@jobs.command("show")
def show(job_id: str, as_json: AsJson = False) -> None:
    """One job with its log."""
    with plain_errors():
        desk = _desk()
        job = desk.jobs.get(job_id)
        if job is None:
            raise refuse(f"there is no job {job_id}", "List them with python -m app jobs list.")
        lines = desk.jobs.lines(job_id)
        if as_json:
            say(json.dumps({**asdict(job), "lines": [asdict(line) for line in lines]}, default=str))
            return
        say(f"{job.title}: {job.state}, {job.share:.0%}. {job.outcome or job.step or ''}")
        for line in lines:
            say(f"  {line.at:%H:%M:%S} {line.text}")


@jobs.command("cancel")
def cancel(job_id: str) -> None:
    """End a job that waits or runs."""
    with plain_errors():
        if not _desk().jobs.cancel(job_id, ASKED_BY):
            raise refuse("this job does not run", "List jobs with python -m app jobs list.")
        say("Cancelled.")


@jobs.command("retry")
def retry(job_id: str) -> None:
    """Start a job that failed or was cancelled again."""
    with plain_errors():
        say(f"Job {_desk().jobs.retry(job_id, ASKED_BY)} asks for the same again.")
