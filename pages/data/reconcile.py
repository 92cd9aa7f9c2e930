"""Key totals of the snapshot beside the same totals in the shop database, read now."""

from __future__ import annotations

import streamlit as st

from app.context import Desk
from app.services import data as service
from app.services.data import Manifest
from app.ui import acts, feedback, skeleton, state, tables, words


def show(desk: Desk, manifest: Manifest) -> None:
    """A button, because the shop's own database is asked; then the comparison."""
    with skeleton.card("Totals in the shop and in the snapshot"):
        st.caption(
            "Counts and sums are read from the shop database as it is now. What was ordered since "
            "the snapshot was taken is a difference that the next refresh takes away."
        )
        key = f"totals_{manifest.number}"
        if acts.pressed("Compare now", icon=":material/balance:", key="compare"):
            with feedback.explain_errors(), st.spinner("Reading the shop database"):
                st.session_state[key] = (state.now(), service.totals(desk, manifest))
        if key not in st.session_state:
            return
        at, totals = st.session_state[key]
        differing = int((totals["difference"] != 0).sum())
        if differing:
            st.info(
                f"{words.counted(differing, 'total')} of {len(totals)} differ. "
                "Refresh the data; what still differs after that is a fault.",
                icon=":material/difference:",
            )
        else:
            st.success(
                f"All {len(totals)} totals agree to the last digit.", icon=":material/check:"
            )
        tables.show(
            totals,
            {
                "name": tables.text_column("Total", width=320),
                "shop": tables.text_column("Shop now"),
                "snapshot": tables.text_column(f"Snapshot {manifest.number}"),
                "difference": tables.text_column("Difference"),
            },
            alt=f"Totals of the shop database and of snapshot {manifest.number}",
        )
        tables.download(
            "Comparison as CSV",
            lambda: totals,
            name=f"comparison-{manifest.number}",
            facts=[
                ("Snapshot", manifest.number),
                ("Shop read (UTC)", at),
                ("Currency", manifest.currency),
            ],
            key="totals_csv",
        )
