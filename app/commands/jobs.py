"""Commands about work in the background: train, list, follow, cancel, retry."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.exits import CONFLICT, NOT_FOUND, USAGE
from app.commands.speech import plain_errors, plain_json, progress_line, refuse, say
from app.context import Desk, open_desk
from app.settings import get_settings
from data_access.scope import WHOLE, Scope

if TYPE_CHECKING:
    from data_access.state.jobs import JobState, JobView
    from ml.contract import Candidate, Value

jobs = typer.Typer(help="List, cancel and retry jobs.", no_args_is_help=True)

ASKED_BY = "command line"
POLL_SECONDS = 0.5
STATES: tuple[JobState, ...] = ("queued", "running", "done", "failed", "cancelled")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(cli: typer.Typer) -> None:
    cli.command("train")(train)


def _desk() -> Desk:
    desk = open_desk(get_settings())
    desk.state.upgrade()
    return desk


def train(
    capability: Annotated[
        str | None, typer.Argument(help="For example forecasting. Default: all of them.")
    ] = None,
    candidate: Annotated[
        list[str] | None,
        typer.Option(help="Any number. Default: what suits the size of the shop."),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VALUE for every candidate, or CANDIDATE.NAME=VALUE for one."),
    ] = None,
    product: Annotated[str | None, typer.Option(help="Train for this product alone.")] = None,
    category: Annotated[
        str | None, typer.Option(help="Train for this category and those below it.")
    ] = None,
    again: Annotated[
        bool, typer.Option(help="Train all the same what was trained on these data before.")
    ] = False,
    why: Annotated[
        str | None, typer.Option(help="Why it is trained, kept with the versions.")
    ] = None,
    wait: Annotated[bool, typer.Option(help="Follow the job to its end.")] = True,
    as_json: AsJson = False,
) -> None:
    """Ask a worker to train models, and follow it; without a name, of every capability."""
    from app.services import training
    from ml import contract

    with plain_errors():
        if capability is None:
            if candidate or param or product or category:
                raise refuse(
                    "what to train was told, but not for which capability",
                    "Name it, for example python -m app train forecasting.",
                    status=2,
                )
            _train_all(_desk(), again=again, why=why or "", wait=wait, as_json=as_json)
            return
        _known(capability)
        found = contract.capability(capability)
        scope = _scope(product, category)
        desk = _desk()
        keys = candidate or training.default_candidates(desk, found.key)
        known = {key: contract.candidate(found, key) for key in keys}
        values = _by_candidate(param or [], known)
        wanted = [(key, values[key]) for key in known]
        parameters = training.request(desk, found.key, wanted, scope, again=again, why=why or "")
        job_id = desk.jobs.start("train", parameters, ASKED_BY)
        names = ", ".join(one.label for one in known.values())
        if not as_json:
            say(f"Job {job_id} asks for {names}.")
        if wait:
            job = _follow(desk, job_id, quiet=as_json)
            say(json.dumps(job.result) if as_json else job.outcome or "Done.")
        elif as_json:
            say(json.dumps({"job": job_id, **parameters}))


def _known(capability: str) -> None:
    from app.services import model_facts

    model_facts.known(capability)


def _train_all(desk: Desk, *, again: bool, why: str, wait: bool, as_json: bool) -> None:
    """Of each capability what suits the shop; what was trained on these data stays as it is."""
    from app.services import capabilities, training
    from app.services.training.choices import TrainedBefore

    told: list[dict[str, object]] = []
    for one in capabilities.listed():
        wanted: list[tuple[str, dict[str, Value]]] = [
            (key, {}) for key in training.default_candidates(desk, one.key)
        ]
        try:
            parameters = training.request(desk, one.key, wanted, again=again, why=why)
        except TrainedBefore as known:
            told.append({"capability": one.key, "job": None, "trained": list(known.versions)})
            if not as_json:
                say(f"{one.label}: {known}")
            continue
        job_id = desk.jobs.start("train", parameters, ASKED_BY)
        told.append({"capability": one.key, "job": job_id, "trained": []})
        if not as_json:
            say(f"{one.label}: job {job_id} asks for {len(wanted)} candidates.")
    for row in told:
        if wait and isinstance(row["job"], str):
            job = _follow(desk, row["job"], quiet=as_json)
            row["result"] = job.result
            if not as_json:
                say(job.outcome or "Done.")
    if as_json:
        say(json.dumps(told))


def _scope(product: str | None, category: str | None) -> Scope:
    if product is not None and category is not None:
        raise refuse("--product and --category were both given", "Give one of them.")
    if product is not None:
        return Scope("product", product)
    return Scope("category", category) if category is not None else WHOLE


def _by_candidate(
    pairs: list[str], known: Mapping[str, Candidate]
) -> dict[str, dict[str, int | float | str | bool]]:
    """Parameters of each candidate; one that names no candidate is for all that have it."""
    values: dict[str, dict[str, int | float | str | bool]] = {key: {} for key in known}
    for name, value in _parsed(pairs).items():
        key, dot, rest = name.partition(".")
        if dot and key in known:
            values[key][rest] = value
            continue
        for_it = [k for k, one in known.items() if name in {p.name for p in one.parameters}]
        if not for_it:
            raise refuse(
                f"none of {', '.join(known)} has a parameter {name}",
                "See the names on the page Forecasting, Compare and train.",
            )
        for key in for_it:
            values[key][name] = value
    return values


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


def _follow(desk: Desk, job_id: str, *, quiet: bool) -> JobView:
    """The job once it has ended well."""
    show = progress_line("Job")
    while True:
        job = _job(desk, job_id)
        if not job.active:
            break
        if not quiet:
            show(job.step or "waiting for a worker", job.share)
        time.sleep(POLL_SECONDS)
    if job.state != "done":
        raise refuse(
            job.outcome or f"the job ended as {job.state}",
            job.remedy or f"See python -m app jobs show {job_id}.",
        )
    return job


@jobs.command("list")
def list_jobs(
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 20,
    state: Annotated[
        list[str] | None, typer.Option(help="queued, running, done, failed or cancelled.")
    ] = None,
    kind: Annotated[list[str] | None, typer.Option(help="For example train.")] = None,
    as_json: AsJson = False,
) -> None:
    """The newest jobs first."""
    with plain_errors():
        unknown = sorted(set(state or ()) - set(STATES))
        if unknown:
            raise refuse(
                f"there is no state {unknown[0]}", f"Use {', '.join(STATES)}.", status=USAGE
            )
        states = [one for one in STATES if one in (state or ())] or None
        found = _desk().jobs.list(limit=limit, states=states, kinds=kind or None)
        if as_json:
            say(plain_json(found))
            return
        for job in found:
            say(f"{job.job_id}  {job.state:<10} {job.share:4.0%}  {job.title}")
        if not found:
            say("No job like that has been asked for yet.")


@jobs.command("show")
def show(job_id: str, as_json: AsJson = False) -> None:
    """One job with its log."""
    with plain_errors():
        desk = _desk()
        job = _job(desk, job_id)
        lines = desk.jobs.lines(job_id)
        if as_json:
            facts = {one.name: getattr(job, one.name) for one in fields(job)}
            say(plain_json({**facts, "lines": list(lines)}))
            return
        say(f"{job.title}: {job.state}, {job.share:.0%}. {job.outcome or job.step or ''}")
        for line in lines:
            say(f"  {line.at:%H:%M:%S} {line.text}")


@jobs.command("cancel")
def cancel(job_id: str) -> None:
    """End a job that waits or runs."""
    with plain_errors():
        desk = _desk()
        job = _job(desk, job_id)
        if not desk.jobs.cancel(job_id, ASKED_BY):
            raise refuse(
                f"this job has ended as {job.state}",
                "List jobs with python -m app jobs list.",
                status=CONFLICT,
            )
        say("Cancelled.")


@jobs.command("retry")
def retry(job_id: str, as_json: AsJson = False) -> None:
    """Start a job that failed or was cancelled again."""
    with plain_errors():
        desk = _desk()
        _job(desk, job_id)
        new = desk.jobs.retry(job_id, ASKED_BY)
        say(json.dumps({"job": new}) if as_json else f"Job {new} asks for the same again.")


def _job(desk: Desk, job_id: str) -> JobView:
    job = desk.jobs.get(job_id)
    if job is None:
        raise refuse(
            f"there is no job {job_id}",
            "List them with python -m app jobs list.",
            status=NOT_FOUND,
        )
    return job
