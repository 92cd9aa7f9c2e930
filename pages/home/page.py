"""Home: what needs me today?"""

from __future__ import annotations

import streamlit as st

from app import cached
from app.access import Identity, Permission, Role
from app.metrics import about, money
from app.services import home as service
from app.services.work import most_urgent_first, to_order, waiting
from app.ui import feedback, figures, places, skeleton, state, words, worklist
from app.ui.facts import data_facts

SPANS = {"day": "Last day", "week": "7 days", "month": "28 days"}

person: Identity = state.guard(Permission.read_pages)
desk, now = state.desk(), state.now()
manifest = cached.manifest()

skeleton.heading("What needs me today?", facts=data_facts(desk, manifest, now))
left, right = skeleton.switch_row()
with left:
    span = skeleton.view_switch(SPANS, key="span")

if manifest is None:
    feedback.empty(
        "No snapshot yet",
        "Every figure comes from a snapshot of the shop. The first one is taken on the Data page.",
    )
    places.link("data", "Open Data")
    st.stop()

with feedback.explain_errors():
    last = service.last_whole_day(manifest, desk.zone)
    with right:
        chart = figures.chooser(person.role)
    asked = service.Asked(role=person.role, span=span, chart=chart)
    key = cached.decided(manifest.number)
    home = cached.home(key, asked, last)
    figures.row(home, desk.currency)
    main, aside = skeleton.chart_and_why(figures.chart_title(home), "Work waiting")
    with main:
        days = home.course.days
        marks = cached.marks(key, days[0], days[-1]) if days else ()
        figures.chart(home, desk.currency, marks)
    with aside:
        items = waiting(desk, person.role, manifest, now=now)
        if person.may(Permission.decide_commerce):
            orders = cached.waits_to_order(manifest.number)
            if orders is not None:
                items += to_order(orders, money(about(orders.at_risk), desk.currency))
        worklist.show(most_urgent_first(items))
    if home.targets:
        with skeleton.card(f"{home.last_day:%B} against target"):
            figures.targets(home, desk.currency)
    if person.role is not Role.fraud_analyst:
        of = "on" if span == "day" else f"in the {SPANS[span]} to"
        with skeleton.card(f"Best sellers {of} {words.day(last)}"):
            sold = cached.best_sellers(cached.dated(manifest.number), home.first_day, home.last_day)
            figures.sellers(sold, home, desk.currency)
