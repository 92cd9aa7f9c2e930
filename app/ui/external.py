"""Further columns by day: upload, look at what was understood, keep; switch off, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.access import Identity, Permission
from app.context import Desk
from app.ui import acts, charts, feedback, reversal, skeleton, state, tables, uploaded, words

if TYPE_CHECKING:
    from app.services.forecasting.external import ColumnView, ReadFile


def show(desk: Desk, person: Identity) -> None:
    """Upload for who may, and the columns that are there."""
    from app.services.forecasting import external as service

    if person.may(Permission.decide_commerce):
        _upload(desk)
    _listed(desk, person, service.list_all(desk, person))


def _upload(desk: Desk) -> None:
    from app.services.forecasting import external as service
    from app.services.forecasting import plans

    with skeleton.card("Weather, events, a marketing plan: what else moves your sales?"):
        st.caption(
            "A CSV or Excel file with the date in the first column and up to "
            f"{service.MOST_COLUMNS} columns of numbers: past days, and days to come as far as you "
            "know them. What is known only of the past helps less."
        )
        round_of = st.session_state.setdefault("_upload_round", 0)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            file = st.file_uploader(
                "File",
                type=["csv", "txt", "xlsx"],
                max_upload_size=20,
                key=f"external_file_{round_of}",
                label_visibility="collapsed",
                width="stretch",
            )
            st.download_button(
                "Template",
                data=lambda: service.template(plans.today(desk)),
                file_name="columns-by-day.csv",
                mime="text/csv",
                icon=":material/download:",
                on_click="ignore",
                key="external_template",
            )
        if file is None:
            return
        with feedback.explain_errors():
            found = service.read(file.getvalue(), file.name)
            service.check_new(desk, found)
            _understood(found)
            if acts.pressed(
                f"Keep {words.counted(len(found.columns), 'column')}",
                type="primary",
                icon=":material/check:",
                key="external_keep",
            ):
                reversal.offer(service.add(desk, state.identity(), found))
                uploaded.let_go(file)
                st.session_state["_upload_round"] += 1
                st.rerun()


def _understood(found: ReadFile) -> None:
    """What was read, before anything is kept."""
    st.markdown(
        f"**{words.plain(found.file_name)}**: {words.counted(found.rows, 'day')}, dates read as "
        f"{found.date_form}."
    )
    tables.show(
        tables.rows(
            [
                {
                    "name": column.name,
                    "first": column.first,
                    "last": column.last,
                    "days": len(column.values),
                    "gaps": column.gaps,
                    "low": min(column.values.values()),
                    "high": max(column.values.values()),
                }
                for column in found.columns
            ]
        ),
        {
            "name": tables.text_column("Column"),
            "first": tables.day_column("First day"),
            "last": tables.day_column("Last day"),
            "days": tables.count_column("Days with a value"),
            "gaps": tables.count_column("Gaps"),
            "low": tables.count_column("Lowest", decimals=2),
            "high": tables.count_column("Highest", decimals=2),
        },
        alt="Columns as they were understood",
    )
    for note in found.notes:
        feedback.watch(note)


def _listed(desk: Desk, person: Identity, rows: tuple[ColumnView, ...]) -> None:
    from app.services.forecasting import external as service

    if not rows:
        feedback.empty(
            "No further columns",
            f"Candidates learn from sales, prices, promotions and holidays. {service.USED_BY} "
            "would also learn from columns uploaded here.",
            icon=":material/table_chart:",
        )
        return
    frame = tables.rows(
        [
            {
                "id": str(row.column_id),
                "name": row.name,
                "first": row.first_day,
                "last": row.last_day,
                "days": row.days,
                "by": row.by,
                "at": words.local(row.at, desk.zone),
                "state": "on" if row.active else "off",
                "file": row.file_name,
            }
            for row in rows
        ]
    )
    columns = {
        "name": tables.text_column("Column"),
        "state": tables.text_column("Learned from"),
        "first": tables.day_column("First day"),
        "last": tables.day_column("Last day"),
        "days": tables.count_column("Days"),
        "by": tables.text_column("Uploaded by"),
        "at": tables.day_column("On"),
        "file": tables.text_column("File"),
    }
    with skeleton.card("Columns"):
        st.caption(
            f"{service.USED_BY} learn from the columns that are on, from the next training on."
        )
        alt = "Columns that staff uploaded"
        chosen = tables.selectable(frame, columns, alt=alt, key="columns_held", id_column="id")
        row = next((one for one in rows if str(one.column_id) == chosen), None)
        if row is None:
            st.caption("Choose a row to see its course.")
            return
        _one(desk, person, row)


def _one(desk: Desk, person: Identity, row: ColumnView) -> None:
    from app.services.forecasting import external as service

    values = service.values(desk, person, row.column_id)
    charts.show(
        charts.lines(
            days=list(values),
            series=[charts.Series(name=words.plain(row.name), values=list(values.values()))],
            height=200,
        ),
        key="column_course",
        alt=f"{row.name} from {words.day(row.first_day)} to {words.day(row.last_day)}",
    )
    if not person.may(Permission.decide_commerce):
        return
    with st.container(horizontal=True):
        switch = "Switch off" if row.active else "Switch on"
        icon = ":material/toggle_off:" if row.active else ":material/toggle_on:"
        if acts.pressed(switch, icon=icon, key="column_switch"):
            with feedback.explain_errors():
                done = service.switch(
                    desk,
                    state.identity(),
                    column_id=row.column_id,
                    version=row.version,
                    active=not row.active,
                )
                reversal.offer(done)
                st.rerun()
        if acts.pressed("Delete", icon=":material/delete:", key="column_delete"):
            with feedback.explain_errors():
                done = service.remove(
                    desk, state.identity(), column_id=row.column_id, version=row.version
                )
                reversal.offer(done)
                st.rerun()
