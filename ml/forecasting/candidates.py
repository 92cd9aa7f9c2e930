"""The candidates of forecasting and what staff may choose about them."""

from __future__ import annotations

from ml.contract import Candidate, Parameter, Parameters
from ml.errors import WrongParameter
from ml.forecasting.backtest import Learner
from ml.forecasting.baseline import RuleOfThumb
from ml.forecasting.models import Boosted
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
    Candidate(
        key=Boosted.key,
        label="LightGBM over all products",
        about=(
            "Learns from all products together: recent sales, season, trend, prices, promotions, "
            "holidays and stock-outs."
        ),
        parameters=(
            HORIZON,
            Parameter(
                name="rounds",
                label="Trees",
                kind="int",
                default=120,
                minimum=20,
                maximum=1000,
                step=10,
                help="More trees follow the past more closely and take longer.",
            ),
            Parameter(
                name="learning_rate",
                label="Learning rate",
                kind="float",
                default=0.05,
                minimum=0.005,
                maximum=0.5,
                step=0.005,
                help="How much each tree may correct; halve it when doubling the trees.",
            ),
            Parameter(
                name="leaves",
                label="Leaves of a tree",
                kind="int",
                default=15,
                minimum=4,
                maximum=127,
                step=1,
                help="More leaves find finer rules, and more chance.",
            ),
            Parameter(
                name="rows_per_leaf",
                label="Fewest weeks in a leaf",
                kind="int",
                default=200,
                minimum=5,
                maximum=5000,
                step=5,
                unit="weeks",
                help="Fewer lets single products matter more.",
                advanced=True,
            ),
            Parameter(
                name="most_rows",
                label="Most weeks learned from",
                kind="int",
                default=150_000,
                minimum=10_000,
                maximum=2_000_000,
                step=10_000,
                unit="weeks",
                help="Beyond that, weeks of products are drawn by chance.",
                advanced=True,
            ),
        ),
        cost_note="about 15 s for 300 products, 2 minutes for 5,000",
    ),
)


def learner(key: str, parameters: Parameters) -> Learner:
    """The candidate's recipe, not yet fitted."""
    if key == RuleOfThumb.key:
        return RuleOfThumb()
    if key == Boosted.key:
        return Boosted(parameters=dict(parameters))
    raise WrongParameter(
        f"Forecasting has no candidate {key!r}.",
        remedy="Known are: " + ", ".join(c.key for c in CANDIDATES) + ".",
    )
