"""The candidates of forecasting and what staff may choose about them.

Only told here; what learns is imported when a learner is asked for, so that a page can draw the
form without loading a learning library.
"""

from __future__ import annotations

from typing import Any

from ml.contract import Candidate, Parameter, Parameters, Value
from ml.errors import WrongParameter
from ml.forecasting.backtest import Learner
from ml.forecasting.baseline import RuleOfThumb
from ml.forecasting.types import MAX_HORIZON

HORIZON = Parameter(
    name="horizon_weeks",
    label="Weeks ahead",
    kind="int",
    default=MAX_HORIZON,
    minimum=1,
    maximum=MAX_HORIZON,
    step=1,
    unit="weeks",
    help="How far the forecast reaches. Fewer weeks train faster.",
    searched=False,
)


def _number(
    name: str,
    label: str,
    default: int,
    minimum: int,
    maximum: int,
    help: str,  # noqa: A002 - as the parameter's field is called
    *,
    step: int = 1,
    unit: str = "",
    advanced: bool = False,
    searched: bool = True,
) -> Parameter:
    return Parameter(
        name=name,
        label=label,
        kind="int",
        default=default,
        minimum=minimum,
        maximum=maximum,
        step=step,
        unit=unit,
        help=help,
        advanced=advanced,
        searched=searched,
    )


def _share(
    name: str,
    label: str,
    default: float,
    minimum: float,
    maximum: float,
    step: float,
    help: str,  # noqa: A002 - as the parameter's field is called
) -> Parameter:
    return Parameter(
        name=name,
        label=label,
        kind="float",
        default=default,
        minimum=minimum,
        maximum=maximum,
        step=step,
        help=help,
    )


def _member(key: str, label: str, *, default: bool) -> Parameter:
    return Parameter(
        name=f"with_{key}",
        label=f"With {label}",
        kind="bool",
        default=default,
        help="Its weight is learned; one that does not help gets none.",
    )


_LIGHTGBM = Candidate(
    key="lightgbm",
    label="LightGBM over all products",
    about=(
        "Learns from all products together: recent sales, season, trend, prices, promotions, "
        "holidays, stock-outs and further columns."
    ),
    parameters=(
        HORIZON,
        _number(
            "rounds",
            "Trees",
            120,
            20,
            1000,
            "More trees follow the past more closely and take longer.",
            step=10,
        ),
        _share(
            "learning_rate",
            "Learning rate",
            0.05,
            0.005,
            0.5,
            0.005,
            "How much each tree may correct; halve it when doubling the trees.",
        ),
        _number(
            "leaves",
            "Leaves of a tree",
            15,
            4,
            127,
            "More leaves find finer rules, and more chance.",
        ),
        _number(
            "rows_per_leaf",
            "Fewest weeks in a leaf",
            200,
            5,
            5000,
            "Fewer lets single products matter more.",
            step=5,
            unit="weeks",
            advanced=True,
        ),
        _number(
            "most_rows",
            "Most weeks learned from",
            150_000,
            10_000,
            2_000_000,
            "Beyond that, weeks of products are drawn by chance.",
            step=10_000,
            unit="weeks",
            advanced=True,
            searched=False,
        ),
    ),
    cost_note="about 15 s for 300 products, 2 minutes for 5,000",
)

_STEPS = (
    _share(
        "size_step",
        "Smoothing of the size",
        0.1,
        0.01,
        0.9,
        0.01,
        "How much the newest sale moves the usual size of a sale.",
    ),
)

_NETWORK = (
    HORIZON,
    _number("steps", "Training steps", 300, 1, 5000, "More steps learn more and take longer."),
    _number("cells", "Size of the network", 32, 4, 256, "Larger finds more, and more chance."),
    _number(
        "weeks_back",
        "Weeks looked back on",
        52,
        8,
        156,
        "How much of the past it is told of.",
        unit="weeks",
    ),
    _share(
        "learning_rate",
        "Learning rate",
        0.003,
        0.0001,
        0.1,
        0.0001,
        "How far each step goes.",
    ),
)

CANDIDATES: tuple[Candidate, ...] = (
    Candidate(
        key=RuleOfThumb.key,
        label="Rule of thumb",
        about="The mean of the last 8 weeks or the same week last year, whichever was better.",
        parameters=(HORIZON,),
        is_baseline=True,
        cost_note="seconds",
    ),
    _LIGHTGBM,
    Candidate(
        key="ensemble",
        label="Ensemble",
        about="Several candidates together, weighted by what missed least on earlier weeks.",
        parameters=(
            HORIZON,
            _member("lightgbm", "LightGBM", default=True),
            _member("linear", "linear regression", default=True),
            _member("recent_mean", "the mean of the last 8 weeks", default=True),
            _member("seasonal_naive", "the same week last year", default=True),
            _member("tsb", "TSB", default=True),
            _member("theta", "Theta", default=False),
            _member("ets", "exponential smoothing", default=False),
            _member("forest", "random forest", default=False),
        ),
        cost_note="as long as its members together",
    ),
    Candidate(
        key="linear",
        label="Linear regression",
        about="Each product by calendar, trend, price, promotions, holidays and further columns.",
        parameters=(
            HORIZON,
            _number(
                "memory_weeks",
                "Memory",
                52,
                8,
                520,
                "A week so long ago counts half as much as the last one.",
                unit="weeks",
            ),
        ),
        cost_note="seconds for 300 products, a minute for 5,000",
    ),
    Candidate(
        key="seasonal_naive",
        label="Same week last year",
        about="Each week as the same week a year before; the mean of 8 weeks without one.",
        parameters=(HORIZON,),
        cost_note="seconds",
    ),
    Candidate(
        key="recent_mean",
        label="Mean of 8 weeks",
        about="The mean of the last 8 weeks, for every week ahead.",
        parameters=(HORIZON,),
        cost_note="seconds",
    ),
    Candidate(
        key="tsb",
        label="TSB, for slow movers",
        about="How often a product sells and how much then; goes to zero where sales ended.",
        parameters=(
            HORIZON,
            *_STEPS,
            _share(
                "chance_step",
                "Smoothing of the chance",
                0.1,
                0.01,
                0.9,
                0.01,
                "How much the newest week moves the chance of a sale.",
            ),
        ),
        cost_note="seconds",
    ),
    Candidate(
        key="croston",
        label="Croston, for slow movers",
        about="How much is sold at a time over the weeks between two sales.",
        parameters=(
            HORIZON,
            *_STEPS,
            Parameter(
                name="less_bias",
                label="Less bias (Syntetos and Boylan)",
                kind="bool",
                default=True,
                help="Takes out what the method is known to be too high by.",
            ),
        ),
        cost_note="seconds",
    ),
    Candidate(
        key="theta",
        label="Theta",
        about="Half the long trend, half the recent level, a product at a time.",
        parameters=(HORIZON,),
        cost_note="about 40 ms a product and past week measured",
    ),
    Candidate(
        key="ets",
        label="Exponential smoothing (AutoETS)",
        about="Level and damped trend, a product at a time; finds its own settings.",
        parameters=(HORIZON,),
        cost_note="about 40 ms a product and past week measured",
    ),
    Candidate(
        key="forest",
        label="Random forest with STL",
        about="Trend and season of each product by STL, the rest by a forest over all products.",
        parameters=(
            HORIZON,
            _number("trees", "Trees", 60, 10, 500, "More trees are steadier and take longer."),
            _number("leaves", "Leaves of a tree", 48, 4, 512, "More leaves find finer rules."),
        ),
        cost_note="about half a minute for 300 products",
    ),
    Candidate(
        key="arima",
        label="ARIMA (AutoARIMA)",
        about="Each product by its own last weeks and misses; by far the slowest for many.",
        parameters=(
            HORIZON,
            _number("largest_order", "Largest order", 3, 1, 5, "More tries more forms."),
        ),
        cost_note="about half a second a product and past week measured",
    ),
    Candidate(
        key="lstm",
        label="LSTM (neural network)",
        about="A recurrent network over many products; told of season, holidays, promotions.",
        parameters=_NETWORK,
        cost_note="minutes",
    ),
    Candidate(
        key="tft",
        label="Temporal Fusion Transformer (neural network)",
        about="A network that chooses what to look at; told of season, holidays, promotions.",
        parameters=_NETWORK,
        cost_note="many minutes",
    ),
)

LABELS: dict[str, str] = {candidate.key: candidate.label for candidate in CANDIDATES}


def learner(key: str, parameters: Parameters) -> Learner:
    """The candidate's recipe, not yet fitted."""
    given: dict[str, Value] = dict(parameters)
    if key == RuleOfThumb.key:
        return RuleOfThumb()
    if key == "ensemble":
        return _ensemble(given)
    found = _classes().get(key)
    if found is None:
        raise WrongParameter(
            f"Forecasting has no candidate {key!r}.",
            remedy="Known are: " + ", ".join(c.key for c in CANDIDATES) + ".",
        )
    recipe: Learner = found(parameters=given)
    return recipe


def _classes() -> dict[str, Any]:
    from ml.forecasting.learners.classical import Arima, Ets, Theta
    from ml.forecasting.learners.forest import StlForest
    from ml.forecasting.learners.intermittent import Croston, Tsb
    from ml.forecasting.learners.linear import Linear
    from ml.forecasting.learners.neural import Lstm, Tft
    from ml.forecasting.learners.simple import RecentMean, SeasonalNaive
    from ml.forecasting.models import Boosted

    every = (
        *(Boosted, Linear, RecentMean, SeasonalNaive, Tsb, Croston),
        *(Theta, Ets, Arima, StlForest, Lstm, Tft),
    )
    return {str(one.key): one for one in every}


def _ensemble(parameters: dict[str, Value]) -> Learner:
    from ml.forecasting.learners.ensemble import Ensemble, chosen

    members = []
    for key in chosen(parameters):
        defaults = next(c for c in CANDIDATES if c.key == key).defaults()
        members.append(learner(key, defaults | {"horizon_weeks": parameters["horizon_weeks"]}))
    return Ensemble(parameters=parameters, members=tuple(members))
