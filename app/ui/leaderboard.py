"""The versions of a scope as a table and a chart, best first, the rule of thumb among them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from app.context import Desk
from app.services.models import Comparison, ScopeView, Standing
from app.ui import charts, judged, tables, words
from data_access.scope import Scope

MOST_BARS = 9  # versions in the chart
RULE = "rule"  # id of the rule of thumb's row


def scope(offered: Sequence[ScopeView], *, key: str) -> Scope:
    """For whom the versions were trained; asked only where there is a choice."""
    if len(offered) == 1:
        return offered[0].scope
    chosen = st.selectbox(
        "Trained for",
        offered,
        format_func=lambda one: f"{one.label} · {words.counted(one.versions, 'version')}",
        key=f"{key}_scope",
        width=360,
    )
    return chosen.scope


def show(desk: Desk, comparison: Comparison, capability: str) -> list[int]:
    """Table, chart and export; gives the numbers of the chosen versions."""
    st.caption(_said(comparison))
    if not comparison.standings:
        st.caption("No version has been trained for this yet. The form below trains some.")
        return []
    frame = pd.DataFrame(_rows(comparison, desk))
    chosen = tables.several(
        frame,
        _columns(comparison),
        alt=f"Versions of {capability} with their figures beside the rule of thumb's",
        key=f"{capability}_versions",
        id_column="number",
    )
    _bars(comparison)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "Choose a version to see what it would change and to activate it; choose two to see "
            f"their {'errors' if _errs(comparison) else 'figures'} side by side. "
            f"{_apart(comparison)}",
            width="stretch",
        )
        tables.download(
            "Export",
            lambda: frame,
            name=f"{capability}-versions",
            facts=[("Decides", _who(comparison)), ("Measure", comparison.measure_about)],
            key=f"{capability}_versions_csv",
        )
    return [int(number) for number in chosen if number != RULE]


def _said(comparison: Comparison) -> str:
    """Who decides, and who would by the champion's rule."""
    told = _who(comparison)
    if comparison.best is not None and comparison.best == comparison.champion.version:
        told += " It is the best by the champion's rule."
    elif comparison.ranked:
        other = comparison.best is None and comparison.champion.version is not None
        lead = "By the champion's rule it would not: " if other else ""
        told += f" {lead}{words.plain(comparison.best_sentence)}"
    if comparison.ranked:
        told += f" Measured on {_measured(comparison.ranked[0])}."
    return told


def _who(comparison: Comparison) -> str:
    now = comparison.champion
    if now.version is not None:
        return f"Version {now.version} decides now."
    if comparison.scope.whole:
        return "The rule of thumb decides now."
    return "The model of the whole shop decides here now."


def _apart(comparison: Comparison) -> str:
    number = len(comparison.apart)
    if not number:
        return ""
    were = "was" if number == 1 else "were"
    ahead = " or for another number of weeks ahead" if _ahead(comparison) else ""
    return (
        f"{words.counted(number, 'version')} {were} measured on other weeks{ahead}: not ranked, at "
        "the end of the table."
    )


def _ahead(comparison: Comparison) -> bool:
    """Whether versions look some weeks ahead at all."""
    return any(one.horizon for one in comparison.standings)


def _errs(comparison: Comparison) -> bool:
    """Whether the primary measure is an error: the less the better."""
    return comparison.primary.better == "lower"


def _columns(comparison: Comparison) -> dict[str, Any]:
    return {
        "place": tables.text_column("Place", width=44),
        "version": tables.text_column("Version", width=56),
        "model": tables.text_column("Model", width=judged.model_width(comparison)),
        "state": tables.text_column("State", width=98),
        "error": tables.text_column(
            judged.primary(comparison), about=comparison.measure_about, width=_width(comparison)
        ),
        "against": tables.text_column(
            "Against rule", about=judged.against_about(comparison), width=78
        ),
        **{one.slug: judged.drawn(one) for one in judged.columns(comparison)},
        "took": tables.text_column("Took", about="Measuring and learning", width=54),
        **(
            {"measured": tables.text_column("Measured on", width=190)}
            if comparison.apart
            else {"by": tables.text_column("Asked by")}
        ),
    }


def _width(comparison: Comparison) -> int:
    return max(52, min(14 + 7 * len(judged.primary(comparison)), 130))


def _rows(comparison: Comparison, desk: Desk) -> list[dict[str, object]]:
    rows = [_row(one, comparison, desk) for one in comparison.ranked]
    rule = _rule(comparison)
    if rule is not None:
        sign = 1 if _errs(comparison) else -1
        at = sum(
            one.error is not None and one.rule is not None and sign * (one.error - one.rule) <= 0
            for one in comparison.ranked
        )
        rows.insert(at, _rule_row(rule, comparison))
    return rows + [_row(one, comparison, desk) for one in comparison.apart]


def _rule(comparison: Comparison) -> Standing | None:
    """The version beside which the rule of thumb was measured on most cases."""
    found = [one for one in comparison.ranked if one.rule is not None]
    return max(found, key=lambda one: one.cases, default=None)


def _row(one: Standing, comparison: Comparison, desk: Desk) -> dict[str, object]:
    return {
        "number": str(one.number),
        "place": str(one.place) if one.place is not None else "–",
        "version": str(one.number),
        "model": one.label,
        "state": "Decides now" if one.decides else "Beats the rule" if one.beats else "Does not",
        **_figures(comparison, one.metrics, one.error),
        "against": judged.against(comparison, one.error, one.rule),
        "took": words.duration(one.seconds),
        "measured": _measured(one),
        "by": one.asked_by,
        "rule_error": judged.figure(comparison.primary, one.rule),
        "learned_to": one.learned_to,
        "trained": words.local(one.created_at, desk.zone),
        "snapshot": one.snapshot,
        "verdict": one.verdict,
    }


def _rule_row(one: Standing, comparison: Comparison) -> dict[str, object]:
    return {
        "number": RULE,
        "place": "",
        "version": "",
        "model": "Rule of thumb",
        "state": "The measure",
        **_figures(comparison, one.baseline, one.rule),
        "took": "",
        "measured": _measured(one),
        "by": "",
        "against": "",
    }


def _figures(
    comparison: Comparison, found: dict[str, float], error: float | None
) -> dict[str, object]:
    by_slug = {measure.slug: measure for measure in comparison.measures}
    return {
        "error": judged.figure(comparison.primary, error),
        **{
            one.slug: judged.figure(by_slug.get(one.slug), found.get(one.slug))
            for one in judged.columns(comparison)
        },
    }


def _measured(one: Standing) -> str:
    if not one.measured[0]:
        return "–"
    first, last = (words.day(date.fromisoformat(day)) for day in one.measured)
    ahead = f", {one.horizon} weeks ahead" if one.horizon else ""
    return f"{first.rsplit(' ', 1)[0]} to {last}{ahead}"


def _bars(comparison: Comparison) -> None:
    """The primary figures side by side, the rule of thumb's among them, the best on top."""
    best = [one for one in comparison.ranked if one.error is not None][:MOST_BARS]
    if not best:
        return
    bars = [(f"{one.number} {one.label}", one.error or 0.0, _shade(one)) for one in best]
    rule = _rule(comparison)
    if rule is not None and rule.rule is not None:
        bars.append(("Rule of thumb", rule.rule, "muted"))
    bars.sort(key=lambda bar: bar[1], reverse=not _errs(comparison))
    figure = charts.bars(
        names=[words.shortened(name, 32) for name, _, _ in bars],
        values=[value for _, value, _ in bars],
        texts=[judged.figure(comparison.primary, value) for _, value, _ in bars],
        shades=[shade for _, _, shade in bars],
    )
    charts.show(figure, key="errors", alt=f"{comparison.measure} of each version and of the rule")


def _shade(one: Standing) -> str:
    return "primary" if one.beats else "watch"
