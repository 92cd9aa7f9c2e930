"""A passport as one page for print: HTML that needs nothing besides itself."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from app.services.registry.figures import figure, interval, plain_day
from app.services.registry.passport import Passport
from app.services.registry.views import STATUSES

STYLE = """
@page { size: A4; margin: 12mm }
body { font: 9.5px/1.3 Inter, system-ui, sans-serif; color: #1d2524; background: #fff;
  max-width: 186mm; margin: 0 auto }
h1 { font-size: 17px; margin: 0 0 1mm } h2 { font-size: 11.5px; margin: 3mm 0 1mm; color: #1f5f5b;
  border-bottom: 1px solid #dedad0 } p { margin: 0 0 1mm }
ul { margin: 0; padding-left: 4mm } table { border-collapse: collapse; width: 100% }
td, th { text-align: left; padding: .4mm 2mm .4mm 0; border-bottom: 1px solid #eee9df;
  vertical-align: top } th { font-weight: 600; color: #6d7572 }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 0 7mm } .muted { color: #6d7572 }
section { break-inside: avoid }
"""

MOST_PARTS = 9
MOST_CHANGES = 5
MOST_SENTENCES = 6


def page(told: Passport, zone_name: str, made: str, dates: dict[int, str]) -> str:
    """The whole document.

    Parameters
    ----------
    made : when the page was made, in the shop's zone, in words.
    dates : by id, when each activation was, likewise.
    """
    version = told.row.version
    title = f"{told.label}: version {version.number}, {told.row.label}"
    said = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="muted">{escape(STATUSES[told.row.standing.status])} · made {escape(made)} '
        f"({escape(zone_name)})</p>",
        _section("What it decides", _sentences([told.question, told.about, version.verdict])),
        '<div class="two">',
        _section("Data and dates", _facts(data_facts(told))),
        _section("Lineage", _facts(lineage_facts(told))),
        "</div>",
        _section("Quality, beside the rule of thumb", _figures(told)),
        _section("Quality by group", _parts(told)),
        '<div class="two">',
        _section("Weak spots", _list(told.weak, "None were found on the cases measured.")),
        _section("Not to be used for", _list(told.not_for, "")),
        "</div>",
        _section("Who let it decide", _list(changes_of(told, dates), "It never decided.")),
    ]
    if told.row.standing.note:
        said.append(_section("Note", f"<p>{escape(told.row.standing.note)}</p>"))
    body = "\n".join(said)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
        f"</title><style>{STYLE}</style></head><body>{body}</body></html>"
    )


def data_facts(told: Passport) -> list[tuple[str, str]]:
    """What it learned from and was measured on."""
    version = told.row.version
    facts = [
        ("Learned up to", plain_day(version.as_of)),
        ("Snapshot", str(version.snapshot)),
        ("Trained for", told.row.scope_label),
    ]
    if told.row.measured:
        first, last = told.row.measured
        facts.append(("Measured on", f"{plain_day(first)} to {plain_day(last)}"))
    facts.append(("Cases measured", f"{int(version.summary.get('cases', 0)):,}"))
    facts.append(("Measured against", told.rule))
    facts.append(("Reads", ", ".join(one.split(":")[0] for one in told.reads)))
    return facts


def lineage_facts(told: Passport) -> list[tuple[str, str]]:
    """How it came about."""
    version = told.row.version
    settings = ", ".join(f"{name} {value}" for name, value in version.parameters.items())
    before = [f"version {one}" if one is not None else "the rule of thumb" for one in told.before]
    return [
        ("Asked for by", version.asked_by),
        ("Why", version.why or "not said"),
        ("Stored", f"{version.created_at:%Y-%m-%d %H:%M} UTC"),
        ("Took", f"{version.seconds:,.0f} s"),
        ("Job", version.job_id),
        ("Seed", "not kept" if told.seed is None else str(told.seed)),
        ("Settings", settings.replace("_", " ") or "none"),
        ("Decided after", ", ".join(before) or "–"),
        ("Files", ", ".join(f"{name} {sha[:12]}" for name, sha in version.files.items())),
    ]


def changes_of(told: Passport, dates: dict[int, str]) -> list[str]:
    """Who let it decide or not, when and why, newest first."""
    said = []
    for change in told.activations[:MOST_CHANGES]:
        why = f" {change.reason}" if change.reason else ""
        said.append(f"{dates[change.change_id]}: {change.sentence}{why}")
    more = len(told.activations) - len(said)
    return [*said, f"and {more} earlier changes"] if more > 0 else said


def _figures(told: Passport) -> str:
    rows = [
        (
            one.measure.label,
            figure(one.measure, one.own),
            interval(one.measure, one.interval),
            figure(one.measure, one.rule),
        )
        for one in told.figures
    ]
    return _table(("Figure", "Version", "95 % range", "Rule of thumb"), rows)


def _parts(told: Passport) -> str:
    if not told.parts:
        return "<p>It was stored without the cases it was measured on.</p>"
    rows = [
        (
            one.group,
            f"{one.cases:,}",
            figure(told.primary, one.own),
            figure(told.primary, one.rule),
        )
        for one in told.parts[:MOST_PARTS]
    ]
    return _table(("Group", "Cases kept", told.primary.label, "Rule of thumb"), rows)


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>"


def _sentences(told: Sequence[str]) -> str:
    return "".join(f"<p>{escape(one)}</p>" for one in told if one)


def _facts(facts: Sequence[tuple[str, str]]) -> str:
    rows = "".join(f"<tr><th>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in facts)
    return f"<table>{rows}</table>"


def _list(told: Sequence[str], instead: str) -> str:
    if not told:
        return f"<p>{escape(instead)}</p>"
    items = "".join(f"<li>{escape(one)}</li>" for one in told[:MOST_SENTENCES])
    more = len(told) - MOST_SENTENCES
    return f"<ul>{items}{f'<li>and {more} more</li>' if more > 0 else ''}</ul>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(one)}</th>" for one in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{top}</tr>{body}</table>"
