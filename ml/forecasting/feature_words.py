"""What the learned candidates look at, in words for staff."""

from __future__ import annotations

from ml.forecasting.features import FAMILY

WORDS: dict[str, str] = {
    "log_scale": "how much it usually sells",
    "mean_26": "mean of the last 26 weeks",
    "mean_52": "mean of the last 52 weeks",
    "zero_share": "share of weeks without a sale",
    "wobble": "how much its weeks differ",
    "category": "its category",
    "own_last_year": "the same weeks last year",
    "own_season": "its own step at this time last year",
    "category_season": "its category's step at this time of earlier years",
    "shop_season": "the shop's step at this time of earlier years",
    "year_position": "time of the year",
    "to_christmas": "weeks to or after Christmas",
    "mean_4_to_13": "last 4 weeks against the last 13",
    "mean_13_to_52": "last 13 weeks against the last 52",
    "category_trend": "its category's last 4 weeks against 13",
    "shop_trend": "the shop's last 4 weeks against 13",
    "age": "weeks since its launch",
    "ahead": "how far ahead the week is",
    "lag_1": "last week",
    "lag_2": "the week before last",
    "lag_3": "sales 3 weeks ago",
    "lag_4": "sales 4 weeks ago",
    "mean_2": "mean of the last 2 weeks",
    "mean_4": "mean of the last 4 weeks",
    "mean_8": "mean of the last 8 weeks",
    "since_sale": "weeks since its last sale",
    "stockout_8": "stock-outs in the last 8 weeks",
    "price_8": "price against its last 8 weeks",
    "price_52": "price against its last 52 weeks",
    "promo_planned": "promotion planned in the week",
    "promo_before": "promotion planned just before",
    "promo_recent": "promotions in the last 4 weeks",
    "promo_now": "promotion running now",
    "holidays": "public holidays in the week",
    "holidays_after": "public holidays in the week after",
}
"""Feature of `features.NAMES` → words."""

EXPECTED = "what is usual, knowing nothing more"
SCALING = "bias taken out, and nothing below zero"


def told(columns: tuple[int, ...] | list[str], external: tuple[str, ...] = ()) -> list[str]:
    """Words of the columns of a table of features, staff's own columns after them."""
    names = tuple(FAMILY)
    own = [WORDS[column if isinstance(column, str) else names[column]] for column in columns]
    return own + [f"{name} {when}" for name in external for when in ("in that week", "now")]
