"""Decide: what should be ordered, from whom, and what is at risk if it is not?"""

from __future__ import annotations

import streamlit as st

from app import cached
from app.access import Identity
from app.context import Desk
from app.services import ordering as service
from app.services.forecasting.reading import story_of
from app.ui import (
    forecasts,
    jobs,
    ordering,
    ordering_decisions,
    ordering_files,
    ordering_table,
    ordering_why,
    skeleton,
    state,
    words,
)
from app.ui.facts import data_facts
from app.ui.skeleton import Row

QUESTION = "How many units will we sell, and what should we order?"


def show(desk: Desk, person: Identity, snapshot: int, *, title: Row, right: Row) -> None:
    """The order list; `title` holds the question, `right` the filters beside the view switch."""
    publication = service.newest(desk)
    if publication is None:
        with title:
            skeleton.heading(QUESTION, facts=data_facts(desk, cached.manifest(), state.now()))
        forecasts.none_yet(desk, person)
        return
    with right:
        filters = st.container(
            horizontal=True, vertical_alignment="bottom", gap="small", wrap=False, width="content"
        )
    with filters:
        asked = ordering.question(desk, snapshot, publication.publication_id)
    found = cached.order_list(asked)
    with filters:
        supplier = ordering.supplier_chooser(found)
    with title:
        model = str(publication.summary.get("label", "rule of thumb"))
        told = ordering.facts(desk, found, story_of(publication, "product"))
        buttons = skeleton.heading(QUESTION, facts=told)
    with buttons:
        ordering_files.upload_button(desk, person, found)
        export = st.container(width="content")
    jobs.hint(desk, "first_models", "publish")
    ordering_decisions.show_last(desk, found.week)
    ordering.missing(found)
    ordering.cards(found, desk.currency)
    with skeleton.card(f"What to order, week of {words.day_short(found.week)}"):
        wanted = ordering.wanted(found, supplier)
        with export:
            ordering_files.export_button(desk, person, found, wanted, model)
        rows = ordering_table.show(person, found, wanted, desk.currency)
        if found.has_stock:
            ordering_decisions.mark_button(person, found, supplier, rows)
        if supplier is not None:
            ordering.minimum(desk, person, found, supplier, desk.currency)
    ordering_why.show(found, rows)
    if found.has_stock:
        ordering.suppliers(desk, person, found, desk.currency)
    ordering.placed(desk, person, found, desk.currency)
