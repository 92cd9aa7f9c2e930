"""Commands about models: what decides what, side by side, promote, roll back, switch off, watch.

What an exit status says stands in `app.commands.exits`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.access import COMMAND_LINE
from app.commands.exits import ALARM, NOT_FOUND
from app.commands.speech import plain_errors, plain_json, refuse, say
from app.context import Desk, open_desk
from app.settings import get_settings

if TYPE_CHECKING:
    from app.services.model_facts import VersionFacts

models = typer.Typer(
    help="List, compare, promote and switch off models. Exit status: 0 done, 1 refused, "
    "2 unreadable, 3 not found, 4 somebody was faster, 5 something is wrong.",
    no_args_is_help=True,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Capability = Annotated[str, typer.Argument(help="For example forecasting or fraud.")]
Number = Annotated[int, typer.Argument(help="Of the version.", min=1)]
Reason = Annotated[str | None, typer.Option(help="Why, in a sentence.")]


def register(cli: typer.Typer) -> None:
    cli.add_typer(models, name="models")
    cli.command("drift")(drift)


def _desk() -> Desk:
    desk = open_desk(get_settings())
    desk.state.upgrade()
    return desk


@models.command("list")
def list_models(
    capability: Annotated[str | None, typer.Argument(help="Default: all.")] = None,
    status: Annotated[str, typer.Option(help="champion, challenger, candidate or retired.")] = "",
    limit: Annotated[int, typer.Option(help="Versions of each capability.", min=1)] = 20,
    as_json: AsJson = False,
) -> None:
    """Who decides for each capability, and its newest versions."""
    from app.services import model_facts

    with plain_errors():
        desk = _desk()
        rows = (
            model_facts.listed_capabilities(desk)
            if capability is None
            else [model_facts.capability(desk, capability)]
        )
        found = {
            one.capability: model_facts.versions(desk, one.capability, status=status, limit=limit)
            for one in rows
        }
        if as_json:
            say(
                plain_json(
                    [{"capability": one, "versions": found[one.capability][0]} for one in rows]
                )
            )
            return
        for one in rows:
            decides = f"version {one.champion}" if one.champion else "the rule of thumb"
            off = "" if one.active else " (switched off)"
            say(f"{one.label}: {decides} decides{off}, {one.versions} versions")
            for version in found[one.capability][0]:
                say(_line(version))


def _line(one: VersionFacts) -> str:
    beats = "beats the rule" if one.beats_baseline else "does not beat the rule"
    series = f" {one.scope} {one.series}" if one.series else ""
    return (
        f"  {one.number:>5}  {one.status:<10} {one.label}{series}, learned to {one.as_of}, {beats}"
    )


@models.command("show")
def show(capability: Capability, number: Number, as_json: AsJson = False) -> None:
    """One version: what it learned from, how good it is, where it stands."""
    from app.services import model_facts

    with plain_errors():
        one = model_facts.version(_desk(), capability, number)
        if as_json:
            say(plain_json(one))
            return
        say(f"{one.capability} version {one.number}: {one.status}")
        say(f"  {one.label}, asked for by {one.asked_by} on {one.created_at:%d %B %Y, %H:%M} UTC")
        if one.why:
            say(f"  why: {one.why}")
        say(f"  learned from snapshot {one.snapshot} to {one.as_of}, {one.seconds:.0f} s")
        say(f"  {one.verdict}")
        for name, value in one.metrics.items():
            rule = one.baseline.get(name)
            beside = "" if rule is None else f" (rule of thumb {rule:.4g})"
            say(f"  {name:<24} {value:.4g}{beside}")
        for name, setting in one.parameters.items():
            say(f"  {name} = {setting}")
        if one.note:
            say(f"  Note: {one.note}")


@models.command("compare")
def compare(
    capability: Capability,
    numbers: Annotated[list[int], typer.Argument(help="Two to four versions.", min=1)],
    as_json: AsJson = False,
) -> None:
    """Two to four versions side by side, and whether their difference could be chance."""
    from app.services import model_facts, registry

    with plain_errors():
        desk = _desk()
        facts = [model_facts.version(desk, capability, number) for number in numbers]
        found = registry.compare(desk, capability, numbers)
        sentence = registry.verdict(found)
        if as_json:
            side = found.side
            say(
                plain_json(
                    {
                        "capability": capability,
                        "primary": found.primary.slug,
                        "sentence": sentence,
                        "versions": facts,
                        "figures": side.figures if side else None,
                        "differences": side.differences if side else None,
                        "why_no_intervals": found.why_not,
                    }
                )
            )
            return
        say(sentence)
        slugs = [one.slug for one in found.measures]
        say("  " + f"{'':<24}" + "".join(f"{f'version {one.number}':>16}" for one in facts))
        for slug in slugs:
            cells = [one.metrics.get(slug) for one in facts]
            told = "".join(f"{'' if cell is None else f'{cell:.4g}':>16}" for cell in cells)
            say(f"  {slug:<24}{told}")


@models.command("promote")
def promote(
    capability: Capability,
    number: Number,
    reason: Reason = None,
    expected: Annotated[
        int | None,
        typer.Option(help="champion_row of `models list --json`; refused where it has changed."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Let a version decide. One that did not beat the rule of thumb needs a reason."""
    from app.services import activation, model_facts

    with plain_errors():
        desk = _desk()
        one = model_facts.version(desk, capability, number)
        key = one.key
        row = activation.champion(desk, key).row_version if expected is None else expected
        done = activation.activate(desk, COMMAND_LINE, key, number, row, reason)
        say(plain_json(done) if as_json else done.sentence)


@models.command("rollback")
def rollback(capability: Capability, as_json: AsJson = False) -> None:
    """Take the newest activation back: what decided before decides again."""
    from app.services import activation, model_facts

    with plain_errors():
        desk = _desk()
        model_facts.known(capability.partition("/")[0])
        newest = activation.time_line(desk, capability, limit=1)
        if not newest:
            raise refuse(
                f"nothing was ever activated for {capability}",
                "See python -m app models list.",
                status=NOT_FOUND,
            )
        done = activation.undo(desk, COMMAND_LINE, newest[0].change_id)
        say(plain_json(done) if as_json else done.sentence)


@models.command("deactivate")
def deactivate(
    capability: Capability,
    reason: Annotated[str, typer.Option(help="Why; it stands on the capability's page.")],
) -> None:
    """Switch a capability off: its page shows the rule of thumb."""
    from app.services import model_facts, switches

    with plain_errors():
        model_facts.known(capability)
        say(switches.deactivate(_desk(), COMMAND_LINE, capability, reason).text)


@models.command("activate")
def activate(capability: Capability) -> None:
    """Switch a capability on again: what decided before decides again."""
    from app.services import model_facts, switches

    with plain_errors():
        model_facts.known(capability)
        say(switches.reactivate(_desk(), COMMAND_LINE, capability).text)


@models.command("note")
def note(capability: Capability, number: Number, text: str) -> None:
    """Say something of a version; an empty text takes it away."""
    from app.services import model_facts, registry

    with plain_errors():
        desk = _desk()
        row = model_facts.version(desk, capability, number).note_row
        say(registry.note(desk, COMMAND_LINE, capability, number, text, expected=row).text)


@models.command("delete")
def delete(capability: Capability, number: Number, reason: Reason = None) -> None:
    """Delete a version with its files; refused where anything needs it."""
    from app.services import model_facts, registry

    with plain_errors():
        desk = _desk()
        model_facts.version(desk, capability, number)
        say(registry.delete(desk, COMMAND_LINE, capability, number, reason))


@models.command("health")
def health(as_json: AsJson = False) -> None:
    """What the newest hourly look found; exit status 5 where a model is not well."""
    from app.services import model_facts

    with plain_errors():
        found = model_facts.health(_desk())
        if as_json:
            say(plain_json(found))
        else:
            for one in found:
                say(f"{one.state:<8} {one.label}: {one.sentence}")
        if any(one.state == "bad" for one in found):
            raise typer.Exit(ALARM)


def drift(
    capability: Annotated[str | None, typer.Argument(help="Default: all.")] = None,
    as_json: AsJson = False,
) -> None:
    """How far the data have moved from what models learned; exit status 5 on an alarm."""
    from app.services import model_facts

    with plain_errors():
        found = model_facts.drifts(_desk(), capability)
        if as_json:
            say(plain_json(found))
        else:
            for one in found:
                scored = "" if one.score is None else f" ({one.score:.2f} of its bound, {one.day})"
                say(f"{'ALARM' if one.alarm else 'ok':<6} {one.label}: {one.sentence}{scored}")
        if any(one.alarm for one in found):
            raise typer.Exit(ALARM)
