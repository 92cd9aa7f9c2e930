"""The audit's filters, its table by pages, and one entry with before and after side by side."""

from __future__ import annotations

from datetime import date

import streamlit as st

from app.access import Identity
from app.context import Desk
from app.services import audit as service
from app.services.audit import AuditFilter, AuditPage, AuditRecord
from app.ui import skeleton, tables, words

KINDS = {
    "": "Everything",
    "session.": "Logins",
    "user.": "Users",
    "key.": "Keys",
    "champion.": "Who decides",
    "capability.": "Switches",
    "experiment.": "Experiments",
    "version.": "Versions",
    "trigger.": "Triggers",
    "alert.": "Alerts",
    "retention.": "Retention",
    "job.": "Jobs",
    "case.": "Fraud cases",
    "preference.": "Settings",
    "target.": "Targets",
    "shop.": "Imports",
}
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
BEFORE, AFTER = "before", "after"
"""In the address: the number of the entry that the page begins behind, or ends before."""


def filters(desk: Desk, person: Identity) -> AuditFilter:
    """What is asked for, kept in the address; another choice begins at the newest entry."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            "About",
            list(KINDS),
            format_func=lambda act: KINDS[act],
            key="about",
            bind="query-params",
            on_change=_to_newest,
            width=125,
        )
        act = _act(desk, person, kind)
        actor = _text("By", "by", "Everybody", 120, 115)
        thing = _text("Object begins with", "object", "user:ada", 200, 145)
        first, last = _day("From", "from"), _day("To", "to")
    return AuditFilter(actor=actor, act=act or kind, object=thing, first_day=first, last_day=last)


def _act(desk: Desk, person: Identity, kind: str) -> str:
    known = ["", *service.acts(desk, person, kind)]
    if st.session_state.get("did") not in known:
        st.session_state["did"] = ""
    chosen: str = st.selectbox(
        "Did",
        known,
        format_func=lambda act: act or "Anything",
        key="did",
        bind="query-params",
        on_change=_to_newest,
        width=160,
    )
    return chosen


def _text(label: str, key: str, example: str, most: int, width: int) -> str:
    return st.text_input(
        label,
        placeholder=example,
        key=key,
        bind="query-params",
        on_change=_to_newest,
        max_chars=most,
        width=width,
    ).strip()


def _day(label: str, key: str) -> date | None:
    return st.date_input(
        label,
        value=None,
        min_value=FIRST_DAY,
        max_value=LAST_DAY,
        key=key,
        format="DD.MM.YYYY",
        bind="query-params",
        on_change=_to_newest,
        width=128,
    )


def _to_newest() -> None:
    _turn(None, None)


def place() -> tuple[int | None, int | None]:
    """Behind and before which entry the page lies; what is not a number is left out."""
    told = (st.query_params.get(name, "") for name in (BEFORE, AFTER))
    before, after = (int(text) if text.isdecimal() and len(text) < 16 else None for text in told)
    return before, None if before is not None else after


def turn_row(page: AuditPage) -> None:
    """Newer and older, where there are any."""
    if page.older_than is None and page.newer_than is None:
        return
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button(
            "Newest",
            icon=":material/first_page:",
            disabled=page.newer_than is None,
            on_click=_to_newest,
        )
        st.button(
            "Newer",
            icon=":material/chevron_left:",
            disabled=page.newer_than is None,
            on_click=_turn,
            args=(None, page.newer_than),
        )
        st.button(
            "Older",
            icon=":material/chevron_right:",
            disabled=page.older_than is None,
            on_click=_turn,
            args=(page.older_than, None),
        )


def _turn(before: int | None, after: int | None) -> None:
    for name, number in ((BEFORE, before), (AFTER, after)):
        if number is not None:
            st.query_params[name] = str(number)
        elif name in st.query_params:
            del st.query_params[name]


def table(page: AuditPage) -> int | None:
    """The entries; the number of the one that was chosen."""
    chosen = tables.selectable(
        page.rows,
        {
            "at": st.column_config.DatetimeColumn("When", format="D MMM YYYY, HH:mm:ss", width=152),
            "actor": tables.text_column("Who", width=92),
            "act": tables.text_column("Did", width=146),
            "object": tables.text_column("To what", width=160),
            "reason": tables.text_column("Why", width=120),
            "change": tables.text_column("Change", width=160),
        },
        alt="Audit entries, newest first",
        # Another page is another table: what was chosen on the one before means nothing here.
        key=f"audit_rows_{page.rows['entry_id'].iloc[0] if len(page.rows) else 0}",
        id_column="entry_id",
    )
    return int(chosen) if chosen is not None else None


def entry(found: AuditRecord, desk: Desk) -> None:
    """One entry whole: what stood there before, and what stands there after."""
    with skeleton.card(f"Entry {found.entry_id:,}"):
        st.markdown(
            f"**{words.plain(found.actor)}** did **{words.plain(found.act)}** to "
            f"**{words.plain(found.object)}** on {words.instant(found.at, desk.zone)}."
        )
        if found.reason:
            st.markdown(f"Why: {words.plain(found.reason)}")
        if not found.fields:
            st.caption("This act kept no values: that it was done is all there is to say.")
            return
        tables.show(
            tables.rows(
                [
                    {
                        "name": field.name,
                        "before": _said(field.before),
                        "after": _said(field.after),
                        "changed": "changed" if field.changed else "",
                    }
                    for field in found.fields
                ]
            ),
            {
                "name": tables.text_column("Value", width=150),
                "before": tables.text_column("Before", width=285),
                "after": tables.text_column("After", width=285),
                "changed": tables.text_column("", width=85),
            },
            alt=f"Values before and after entry {found.entry_id}",
        )


def _said(value: str | None) -> str:
    return "not there" if value is None else value or "empty"
