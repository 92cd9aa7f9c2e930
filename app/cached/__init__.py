"""The only cache of the project.

A key holds everything that an answer depends on: the home (tests open several), the snapshot, the
publication or model version, the state revision where staff's decisions matter, the permission
scope, and the frozen selection. So an entry can never be stale and needs no expiry; `max_entries`
bounds the memory. Live and personal reads are never cached.
"""

from __future__ import annotations

from app.cached.forecasts import (
    FARTHEST,
    accuracy_of_level,
    accuracy_of_series,
    belief,
    changing_products,
    course,
    features,
    forecast,
    kept_forecasts,
    last_weeks,
    look_alikes,
    matters,
    new_products,
    seasons,
    what_if,
    why,
)
from app.cached.keys import Dated, Decided, Grain, Level, OrderBy, dated, decided, manifest
from app.cached.models import fraud_history, fraud_links, live_quality, offers
from app.cached.orders import order_list, to_order, waits_to_order
from app.cached.shop import (
    best_sellers,
    home,
    key_figures,
    marks,
    product_names,
    series_label,
    series_options,
)

__all__ = [
    "FARTHEST",
    "Dated",
    "Decided",
    "Grain",
    "Level",
    "OrderBy",
    "accuracy_of_level",
    "accuracy_of_series",
    "belief",
    "best_sellers",
    "changing_products",
    "course",
    "dated",
    "decided",
    "features",
    "forecast",
    "fraud_history",
    "fraud_links",
    "home",
    "kept_forecasts",
    "key_figures",
    "last_weeks",
    "live_quality",
    "look_alikes",
    "manifest",
    "marks",
    "matters",
    "new_products",
    "offers",
    "order_list",
    "product_names",
    "seasons",
    "series_label",
    "series_options",
    "to_order",
    "waits_to_order",
    "what_if",
    "why",
]
