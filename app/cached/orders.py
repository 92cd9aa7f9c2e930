"""The order list and what it is computed from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cached.keys import (
    Dated,
    Decided,
    dated,
    decided,
    manifest,
    shared,
    the_desk,
)

if TYPE_CHECKING:
    from app.services import ordering
    from app.services.forecasting import ForecastQuestion
    from app.services.forecasting.to_order import ToOrder


@shared(max_entries=256, show_spinner=False)
def to_order(key: Decided, question: ForecastQuestion) -> ToOrder:
    """What the order list says about one series, at the usual service level."""
    from app.services import ordering
    from app.services.forecasting import to_order as service

    desk = the_desk()
    level = ordering.default_service_level(desk)
    asked = ordering.OrderQuestion(
        publication=question.publication, snapshot=question.snapshot, service_level=level
    )
    return service.of_series(desk, question, _order_list(key, asked))


def order_list(asked: ordering.OrderQuestion) -> ordering.OrderList:
    """The order list as it stands; its inputs are shared between questions and decisions."""
    return _order_list(decided(asked.snapshot), asked)


@shared(max_entries=4, show_spinner=False)
def _order_list(key: Decided, asked: ordering.OrderQuestion) -> ordering.OrderList:
    from app.services import ordering

    desk = the_desk()
    uploads = _uploaded(key.home, ordering.uploads(desk))
    return ordering.order_list(
        desk,
        _order_demand(key.home, asked.publication),
        _supplied(dated(asked.snapshot), ordering.default_lead(desk)),
        uploads,
        asked,
    )


@shared(max_entries=2, show_spinner=False)
def _order_demand(home: str, publication: int) -> ordering.Demand:
    from app.services import forecasting, ordering

    desk = the_desk()
    return ordering.demand(desk, forecasting.publication(desk, publication))


@shared(max_entries=2, show_spinner=False)
def _supplied(key: Dated, lead: tuple[float, float]) -> ordering.Supplied:
    """`lead` is the setting that stands in where a lead time is not known."""
    from app.services import ordering

    found = manifest(key.snapshot)
    assert found is not None
    return ordering.supplied(the_desk(), found)


@shared(max_entries=2, show_spinner=False)
def _uploaded(home: str, upload_ids: tuple[int, ...]) -> ordering.Uploaded:
    from app.services import ordering

    return ordering.uploaded(the_desk(), upload_ids)


def waits_to_order(snapshot: int) -> ordering.Figures | None:
    """What the order list comes to at the usual service level; None before the first forecast."""
    from app.services import ordering

    newest = ordering.newest(the_desk())
    if newest is None:
        return None
    level = ordering.default_service_level(the_desk())
    asked = ordering.OrderQuestion(
        publication=newest.publication_id, snapshot=snapshot, service_level=level
    )
    return order_list(asked).figures
