"""One day beside the data that a model learned from: what differs, by how much, does it matter?

A day is compared with several spans of the days learned from, and counts with the nearest of them:

    ── same weeks of earlier years ──│──── learned from ────[ last 4 weeks ]│ as_of … gap … │ day

Who differs from last month but looks as last year's season did has not drifted; nor has who
differs from last year but looks as last month did. Both were learned. How far an ordinary day is
from its own spans, cut in the same way, is measured on the days learned from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np

from ml.drift import bounds, distances
from ml.drift.histograms import Counted, Course, Floats, Ints, Kind, Role

WINDOWS = (1, 7)
"""Days looked at together: a jump shows at once, a small shift within a week."""

RECENT_DAYS = 28
YEAR_DAYS = 364  # 52 whole weeks, which keep the weekdays
SEASON_DAYS = 14  # on either side of the day a year ago
MOST_YEARS = 3

TOLERATED = 0.02  # more or less of the values missing that nobody needs to hear of
ENOUGH_CASES = 10  # of a window, under which nothing is said of it
ENOUGH_DAYS = 60  # past days under which no bound is learned
SEASONAL_ENOUGH = 120  # past days that must be left where earlier years are compared too
MOST_DAYS = 540  # past days looked at, the newest

ALARMS_A_MONTH = 0.25
"""False alarms expected in a month of a shop, over all inputs, windows and capabilities."""

MONTH_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One input on the day; plain types, as it is stored.

    test : what the statistic is: "wasserstein" in deviations, "psi" (its root), or "missing" (how
        many more or fewer values are missing, share).
    statistic : to the nearest span.
    bound : the value of the statistic from which it is an alarm.
    score : statistic over bound; above 1 is an alarm.
    shift : how far a case moved on average, in deviations of what was learned; of categories the
        share of cases that moved.
    effect : `shift` times the reach of the input, in the prediction's unit; None: not known.
    """

    name: str
    kind: Kind
    role: Role
    window: int  # days
    test: Literal["wasserstein", "psi", "missing"]
    statistic: float
    bound: float
    score: float
    psi: float
    shift: float
    up: bool | None  # of numbers: higher than learned
    now: float | None  # mean
    was: float | None  # mean in the nearest span
    moved: str | None  # the category that gained or lost most
    moved_now: float | None  # its share
    moved_was: float | None
    missing_now: float  # share of cases without a value
    missing_was: float
    reach: float | None
    effect: float | None
    beside: str  # the nearest span: "recent", or "1", "2" … years before
    alarm: bool

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was found of a day.

    score : of the worst input over its bound; 0 where nothing could be compared.
    rows : the largest effect first.
    past : day and score of the days before, oldest first; none of them an alarm by definition.
    days : past days that the bounds were learned from; 0: too few, nothing is said.
    """

    day: date
    score: float
    alarm: bool
    rows: tuple[Row, ...]
    past: tuple[tuple[date, float], ...]
    days: int
    years: int  # earlier years whose same weeks were compared
    cases: int
    why_not: str = ""

    @property
    def alarms(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.alarm)


@dataclass(frozen=True, slots=True)
class _Spans:
    """Which days are compared with which: index of first and last day, [n] each; −1: none."""

    names: tuple[str, ...]
    first: Ints  # [spans, n]
    last: Ints


def check(
    course: Course,
    *,
    learned_to: date,
    day: date,
    reach: Mapping[str, float] | None = None,
    chance: float | None = None,
    past_days: int = 90,
) -> Check:
    """Compare a day with what was learned up to `learned_to`.

    Parameters
    ----------
    reach : `ml.contract.Capability.reach`; predictions have a reach of one deviation.
    chance : with which an ordinary day may be an alarm; None: `ALARMS_A_MONTH` over a month.
    """
    at = course.index(day)
    learned = min(course.index(learned_to), at - 1)
    if not 0 <= at < course.days or learned < RECENT_DAYS:
        return _nothing(day, "There is no history to compare the day with.")
    gap = at - learned
    days, years = _ordinary(course, learned, gap)
    if len(days) < ENOUGH_DAYS:
        missing = ENOUGH_DAYS - len(days)
        return _nothing(
            day,
            f"{len(days)} ordinary days are known by which to tell what is usual; "
            f"{missing} more would do.",
        )
    if course.cases[max(at - max(WINDOWS) + 1, 0) : at + 1].sum() < ENOUGH_CASES:
        return _nothing(day, "There are no cases on this day or in the week before it.")
    tests = [
        _test(course, one, window, days, at, gap, years)
        for one in course.inputs
        for window in WINDOWS
    ]
    wanted = chance if chance is not None else ALARMS_A_MONTH / MONTH_DAYS
    past = np.stack([test.past for test in tests], axis=1)
    learnt = bounds.together(past, wanted)
    own, bound = learnt.own, learnt.bound
    rows = []
    for number, one in enumerate(course.inputs):
        mine = range(number * len(WINDOWS), (number + 1) * len(WINDOWS))
        scores = {place: tests[place].now / own[place] / bound for place in mine}
        known = {place: score for place, score in scores.items() if np.isfinite(score)}
        if known:
            best = max(known, key=lambda place: known[place])
            rows.append(_row(tests[best], one, float(known[best]), reach or {}))
    rows.sort(key=lambda row: (-(row.effect or 0.0), -row.score))
    score = max((row.score for row in rows), default=0.0)
    newest = days >= at - past_days
    return Check(
        day=day,
        score=score,
        alarm=score > 1,
        rows=tuple(rows),
        past=tuple(
            (course.first_day + timedelta(days=int(index)), float(value / bound))
            for index, value in zip(days[newest], learnt.largest[newest], strict=True)
            if np.isfinite(value)
        ),
        days=len(days),
        years=years,
        cases=int(course.cases[at]),
    )


@dataclass(frozen=True, slots=True)
class _Test:
    """One input over one window: the figures of the past days and of the day."""

    window: int
    past: Floats  # [past days] statistic over its own noise
    now: float
    noise: float  # of the day: statistic = now × noise
    gaps: bool  # the statistic is of missing values
    span: str  # nearest
    one: Floats  # [bins] of the day
    other: Floats  # [bins] of the nearest span
    missing: tuple[float, float]
    means: tuple[float, float]


def _ordinary(course: Course, learned: int, gap: int) -> tuple[Ints, int]:
    """Days learned from that have spans of their own as the day has, and how many years these
    look back."""
    for years in range(MOST_YEARS, -1, -1):
        earliest = RECENT_DAYS + max(gap, max(WINDOWS))
        if years:
            earliest = max(earliest, years * YEAR_DAYS + SEASON_DAYS)
        days = np.arange(max(earliest, learned + 1 - MOST_DAYS), learned + 1)
        days = days[course.cases[days] > 0]
        if len(days) >= SEASONAL_ENOUGH or (not years and len(days)):
            return days, years
    return np.zeros(0, np.int64), 0


def _spans(days: Ints, window: int, gap: int, years: int) -> _Spans:
    last = days - max(gap, window)
    first = [last - RECENT_DAYS + 1]
    ends = [last]
    for year in range(1, years + 1):
        middle = days - year * YEAR_DAYS
        first.append(middle - SEASON_DAYS)
        ends.append(np.minimum(middle + SEASON_DAYS, last))
    names = ("recent", *(str(year) for year in range(1, years + 1)))
    return _Spans(names, np.stack(first), np.stack(ends))


def _test(
    course: Course, one: Counted, window: int, days: Ints, at: int, gap: int, years: int
) -> _Test:
    every = np.append(days, at)
    spans = _spans(every, window, gap, years)
    total = _running(one.counts)
    gone = _running(one.missing[:, None])
    sums = _running(one.sums[:, None])
    mine = _between(total, every - window + 1, every)
    gone_now = _between(gone, every - window + 1, every)[:, 0]
    n = mine.sum(axis=1)
    aparts, losts, floors, theirs, lacks = [], [], [], [], []
    for first, last in zip(spans.first, spans.last, strict=True):
        other = _between(total, first, last)
        lack = _between(gone, first, last)[:, 0]
        known = other.sum(axis=1)
        usable = (n + gone_now >= ENOUGH_CASES) & (known + lack >= ENOUGH_CASES) & (first >= 0)
        compared = usable & (n > 0) & (known > 0)
        aparts.append(np.where(compared, distances.statistic(one, mine, other), np.nan))
        away = np.abs(_share(gone_now, n) - _share(lack, known)) - TOLERATED
        losts.append(np.where(usable, np.maximum(away, 0.0), np.nan))
        floors.append(distances.noise(one, mine, other))
        theirs.append(other)
        lacks.append(_share(lack, known))
    stack = np.where(np.isnan(aparts), np.inf, aparts) + np.where(np.isnan(losts), np.inf, losts)
    nearest = np.argmin(stack, axis=0)
    pick = np.arange(len(every))
    apart, lost = np.stack(aparts)[nearest, pick], np.stack(losts)[nearest, pick]
    usual = _usual(apart, np.stack(floors)[nearest, pick])
    rare = _usual(lost, 0.25 / np.maximum(n + gone_now, 1.0))
    figure = np.fmax(apart / usual, lost / rare)
    gaps = bool(lost[-1] / rare[-1] > apart[-1] / usual[-1]) or bool(np.isnan(apart[-1]))
    span = int(nearest[-1])
    now_sum = _between(sums, every - window + 1, every)[-1, 0]
    was_sum = _between(sums, spans.first[span], spans.last[span])[-1, 0]
    return _Test(
        window=window,
        past=figure[:-1],
        now=float(figure[-1]),
        noise=float(rare[-1] if gaps else usual[-1]),
        gaps=gaps,
        span=spans.names[span],
        one=mine[-1],
        other=theirs[span][-1],
        missing=(float(_share(gone_now, n)[-1]), float(lacks[span][-1])),
        means=(
            float(now_sum / max(n[-1], 1.0)),
            float(was_sum / max(theirs[span][-1].sum(), 1.0)),
        ),
    )


def _row(test: _Test, of: Counted, score: float, reach: Mapping[str, float]) -> Row:
    one, other = test.one[None, :], test.other[None, :]
    number = of.kind == "number"
    statistic = test.now * test.noise
    shift, moved, moved_now, moved_was, up = 0.0, None, None, None, None
    if number and one.sum() and other.sum():
        way = float(distances.wasserstein(one, other, of.middles)[0])
        shift = way / of.deviation if of.deviation > 0 else 0.0
        # Bins end at what was learned; a shift of everything beyond them shows in the means.
        if of.deviation > 0:
            shift = max(shift, abs(test.means[0] - test.means[1]) / of.deviation)
        up = test.means[0] > test.means[1]
    elif one.sum() and other.sum():
        shift = float(distances.moved(one, other)[0])
        p, q = distances.shares(one)[0], distances.shares(other)[0]
        most = int(np.argmax(np.abs(p - q)))
        moved, moved_now, moved_was = of.labels[most], float(p[most]), float(q[most])
    far = of.deviation if of.role == "prediction" else reach.get(of.name)
    return Row(
        name=of.name,
        kind=of.kind,
        role=of.role,
        window=test.window,
        test="missing" if test.gaps else "wasserstein" if number else "psi",
        statistic=statistic,
        bound=statistic / score if score > 0 else 0.0,
        score=score,
        psi=float(distances.psi(distances.deciles(one), distances.deciles(other))[0]),
        shift=shift,
        up=up,
        now=test.means[0] if number else None,
        was=test.means[1] if number else None,
        moved=moved,
        moved_now=moved_now,
        moved_was=moved_was,
        missing_now=test.missing[0],
        missing_was=test.missing[1],
        reach=far,
        effect=None if far is None else far * shift,
        beside=test.span,
        alarm=score > 1,
    )


def _running(counts: Floats) -> Floats:
    return np.concatenate([np.zeros((1, counts.shape[1])), np.cumsum(counts, axis=0)])


def _between(running: Floats, first: Ints, last: Ints) -> Floats:
    """[n, bins] sums of the days from first to last, both included; what lies before the first
    day of all is empty."""
    most = len(running) - 1
    low, high = np.clip(first, 0, most), np.clip(last + 1, 0, most)
    return np.asarray(running[np.maximum(high, low)] - running[low])


def _usual(figure: Floats, floor: Floats) -> Floats:
    """What an ordinary day has: chance, and what days differ by beyond it since they hang
    together; the last figure is of the day itself and teaches nothing."""
    past = figure[:-1] ** 2 - floor[:-1]
    past = past[np.isfinite(past)]
    beyond = float(np.maximum(past, 0.0).mean()) if len(past) else 0.0
    return np.asarray(np.sqrt(floor + beyond))


def _share(part: Floats, rest: Floats) -> Floats:
    return np.asarray(part / np.maximum(part + rest, 1.0))


def _nothing(day: date, why: str) -> Check:
    return Check(
        day=day, score=0.0, alarm=False, rows=(), past=(), days=0, years=0, cases=0, why_not=why
    )
