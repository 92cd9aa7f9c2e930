"""What the page Forecasting asks for, and what it is given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from ml.forecasting import Level

EventKind = Literal["promotion", "price", "stockout", "holiday", "activation", "refresh"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastQuestion:
    """One series of one stored forecast; frozen, so that it can be a cache key."""

    publication: int
    snapshot: int  # that the history is read from
    level: Level = "shop"
    series_id: str | None = None  # category or product; None for the shop
    horizon_weeks: int = 13
    history_weeks: int = 78


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """One range around the forecast."""

    level: int  # percent
    low: tuple[float, ...]  # units, one a week
    high: tuple[float, ...]
    held: float | None  # share of past weeks that lay within; None where it was not measured


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMark:
    """Something that happened, or is planned, from `first` to `last`."""

    kind: EventKind
    label: str
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """Units of the next weeks together."""

    weeks: int
    mean: float  # with the overrides that hold
    low: float  # of the 80 % range
    high: float
    last_year: float | None  # units of the same weeks a year before, where they are known
    before: float  # units of as many weeks just before

    @property
    def change(self) -> float | None:
        """Share by which it is above (or below) last year."""
        return self.mean / self.last_year - 1 if self.last_year else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStory:
    """Which model, and how good it has been."""

    label: str
    version: int | None  # None: the rule of thumb
    trained_as_of: date
    as_of: date  # last whole day that the forecast knew
    made_at: datetime
    error: float  # WAPE at the level asked for, measured on weeks that it had not seen
    rule_error: float  # the rule of thumb's on the same weeks
    error_ahead: tuple[float, ...]  # the error by groups of weeks ahead, the nearest first
    held_ahead: tuple[float, ...]  # share of weeks inside the 80 % range, by the same groups
    accuracy: str  # "off by 14 % …; the mean of the last 8 weeks was off by 22 %"
    coverage: str  # "80 % range; held 79 % of the time"
    verdict: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastView:
    """Everything that the page draws about one series."""

    question: ForecastQuestion
    label: str  # name of the series
    weeks: tuple[date, ...]  # Mondays of complete weeks
    sold: tuple[float, ...]  # units
    short: tuple[bool, ...]  # weeks in which stock was out (products only)
    future: tuple[date, ...]
    mean: tuple[float, ...]  # with the overrides that hold
    ranges: tuple[Range, ...]  # widest first
    events: tuple[EventMark, ...]
    totals: tuple[Total, ...]
    model: ModelStory
    ahead: tuple[int, ...] = ()  # 1 for the first week ahead; one a week of `future`
    model_mean: tuple[float, ...] = ()  # what the model says, without overrides
    warnings: tuple[str, ...] = ()
    confidence: float | None = None  # 0 to 1, of the next weeks together; None: no forecast
    bound: float | None = None  # confidence below which nothing is done by it; None: there is none

    @property
    def unsure(self) -> bool:
        """True where the forecast is shown as "not sure"."""
        if self.confidence is None or self.bound is None:
            return False
        return self.confidence < self.bound

    def within(self, question: ForecastQuestion) -> ForecastView:
        """The same series no farther ahead than the question asks."""
        count = sum(ahead <= question.horizon_weeks for ahead in self.ahead)
        days = [*self.weeks, *self.future[:count]]
        after = days[-1] + timedelta(weeks=1) if days else None
        return replace(
            self,
            question=question,
            future=self.future[:count],
            ahead=self.ahead[:count],
            mean=self.mean[:count],
            model_mean=self.model_mean[:count],
            ranges=tuple(
                replace(one, low=one.low[:count], high=one.high[:count]) for one in self.ranges
            ),
            events=tuple(mark for mark in self.events if after is not None and mark.first < after),
        )

    @property
    def overridden(self) -> bool:
        """True where a person's word changes a week that is shown."""
        return any(
            abs(ours - model) > 1e-6
            for ours, model in zip(self.mean, self.model_mean, strict=bool(self.model_mean))
        )

    def total(self, weeks: int) -> Total | None:
        """The sum of the next weeks; None beyond what is forecast."""
        return next((total for total in self.totals if total.weeks == weeks), None)

    @property
    def known(self) -> bool:
        """False where there is no forecast for the series: ended, or not launched by then."""
        return bool(self.future)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributions:
    """Why the forecast of one week is what it is."""

    week: date
    total: float  # units
    parts: tuple[tuple[str, float], ...]  # name and units; they sum to `total`
    sentence: str  # "120 = 95 usual level + 30 season − 5 price"
